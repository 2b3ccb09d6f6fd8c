#pragma once
// Purpose: watches SMTP dialogues through masterd's control socket.
// Layout: docs/protocols/supervision.md: "trace FILTER", answered by "ok" and then one line of dialogue a line.
// Concurrency: blocks until the server ends, or SIGINT or SIGTERM comes.

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::admin {

/// `filter` as receive::parse_trace_filter reads it. Success: a signal ended it.
result<> follow_trace(std::string const& control_socket, std::string const& filter,
                      std::function<void(std::string_view line)> const& show);

}  // namespace postern::admin
