#pragma once
// Purpose: asks a saslauthd, Cyrus's or ours, over its socket whether a password is right.
// Layout: sasl/mux_protocol.hpp; the request goes out in one write, with five strings: Cyrus 2.1 passes over the fifth,
//         Cyrus 2.2 waits for it.
// Errors: a failure says which socket, what went wrong and what to do about it; "NO" is an answer, not a failure.
// Concurrency: blocks for `within` at most; any thread.
// Security: the request is wiped after it was sent.

#include <chrono>
#include <string>

#include "base/result.hpp"
#include "sasl/mux_protocol.hpp"

namespace postern::auth {

/// The socket of a saslauthd_path: itself, or DIR/mux when it is a directory, as people write it.
std::string find_mux_socket(std::string const& saslauthd_path);

result<sasl::mux::reply> ask_saslauthd(std::string const& socket, sasl::mux::request const& question,
                                       std::chrono::milliseconds within);

}  // namespace postern::auth
