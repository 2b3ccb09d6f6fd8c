#include "receive/table_asker.hpp"

#include <chrono>

#include <fmt/format.h>

#include "net/from_thread.hpp"

namespace postern::receive {
namespace {

// Tables have deadlines of their own; this one is for those that forget them.
constexpr auto patience = std::chrono::seconds(100);

}  // namespace

net::task<maps::answer> ask_table(net::event_loop& loop, maps::lookup_pool* pool, maps::question asked) {
  if (pool == nullptr) co_return fail(fmt::format("{}: tables that block cannot be asked here", asked.table));
  std::function<void(std::function<void(maps::answer)>)> const begin =
      [pool, &asked](std::function<void(maps::answer)> told) { pool->ask(asked, std::move(told)); };
  auto told = co_await net::answer_from_thread<maps::answer>(loop, patience, begin);
  if (!told) co_return fail(fmt::format("{}: no answer", asked.table));
  co_return std::move(*told);
}

net::task<maps::lookup> find_value(net::event_loop& loop, maps::lookup_pool* pool, maps::map_list const& tables,
                                   std::string key) {
  std::function<maps::lookup(maps::answers&)> const look = [&](maps::answers& known) {
    return tables.find(key, known);
  };
  co_return co_await look_until_known(loop, pool, look);
}

}  // namespace postern::receive
