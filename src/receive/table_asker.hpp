#pragma once
// Purpose: waits for what a table says that must not be asked on the loop's thread.
// Errors: no answer in time is a failure, as every answer of a table can be.
// Concurrency: the loop's thread; the table is asked in the pool's threads.

#include <functional>
#include <string>
#include <utility>

#include "maps/lookup.hpp"
#include "maps/lookup_pool.hpp"
#include "net/event_loop.hpp"

namespace postern::receive {

/// `pool` may be null: then the answer is a failure.
net::task<maps::answer> ask_table(net::event_loop& loop, maps::lookup_pool* pool, maps::question asked);

/// What `look` says once nothing is left to be waited for: it is called anew after each answer. Never pending.
/// `Answer` is an expected, whatever its value.
template <class Answer>
net::task<Answer> look_until_known(net::event_loop& loop, maps::lookup_pool* pool,
                                   std::function<Answer(maps::answers&)> look) {
  maps::answers known;
  for (;;) {
    auto found = look(known);
    auto wanted = known.take_wanted();
    if (found || !wanted) co_return found;
    auto told = co_await ask_table(loop, pool, *wanted);
    known.put(std::move(*wanted), std::move(told));
  }
}

/// What the first of the tables that has the key says of it; never pending. `tables` outlives the call.
net::task<maps::lookup> find_value(net::event_loop& loop, maps::lookup_pool* pool, maps::map_list const& tables,
                                   std::string key);

}  // namespace postern::receive
