#include "receive/table_asker.hpp"

#include <chrono>

#include <fmt/format.h>

#include "net/one_shot.hpp"

namespace postern::receive {
namespace {

// Tables have deadlines of their own; this one is for those that forget them.
constexpr auto patience = std::chrono::seconds(100);

/// Who waits; null once it does no more.
struct waiting_one {
  net::one_shot<maps::answer>* shot = nullptr;
};

}  // namespace

net::task<maps::answer> ask_table(net::event_loop& loop, maps::lookup_pool* pool, maps::question asked) {
  if (pool == nullptr) co_return fail(fmt::format("{}: tables that block cannot be asked here", asked.table));
  net::one_shot<maps::answer> shot(loop);
  auto const waits = std::make_shared<waiting_one>(waiting_one{&shot});
  auto const name = asked.table;
  pool->ask(std::move(asked), [&loop, waits](maps::answer told) {
    // In a thread of the pool: carry the answer over.
    loop.post([waits, told = std::move(told)] {
      if (waits->shot != nullptr) waits->shot->answer(told);
    });
  });
  auto told = co_await shot.wait(patience);
  waits->shot = nullptr;
  if (!told) co_return fail(fmt::format("{}: no answer", name));
  co_return std::move(*told);
}

}  // namespace postern::receive
