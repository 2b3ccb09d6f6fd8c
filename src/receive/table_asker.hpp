#pragma once
// Purpose: waits for what a table says that must not be asked on the loop's thread.
// Errors: no answer in time is a failure, as every answer of a table can be.
// Concurrency: the loop's thread; the table is asked in the pool's threads.

#include <string>

#include "maps/lookup.hpp"
#include "maps/lookup_pool.hpp"
#include "net/event_loop.hpp"

namespace postern::receive {

/// `pool` may be null: then the answer is a failure.
net::task<maps::answer> ask_table(net::event_loop& loop, maps::lookup_pool* pool, maps::question asked);

/// What the first of the tables that has the key says of it; never pending. `tables` outlives the call.
net::task<maps::lookup> find_value(net::event_loop& loop, maps::lookup_pool* pool, maps::map_list const& tables,
                                   std::string key);

}  // namespace postern::receive
