#pragma once
// Purpose: the event loop of the load generator: keeps the wanted number of connections busy until all is sent.

#include "bench/load/session.hpp"

namespace postern::bench {

enum class run_end { done, failed, out_of_time };

/// Makes a run end soon, as if all were sent; for a signal handler.
void ask_to_stop();

/// Sends `messages` messages.
run_end run_load(load_context& context, long messages);

/// Opens all connections, logs in, prints `ready`, holds them.
run_end run_idle(load_context& context);

}  // namespace postern::bench
