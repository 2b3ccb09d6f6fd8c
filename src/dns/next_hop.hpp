#pragma once
// Purpose: a next hop as relayhost, transports and address literals write it.
// Layout: "domain", "domain:port", "[host]", "[host]:port", "[192.0.2.1]", "[IPv6:2001:db8::1]", "[2001:db8::1]:port".
// Errors: a sentence that says what is wrong with the text.
// Source: transport(5) of Postfix: square brackets turn the MX lookup off.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::dns {

struct next_hop {
  std::string host;        ///< lower case; a numeric address without brackets and without "IPv6:"
  std::uint16_t port = 0;  ///< 0: the transport's own
  bool look_up_mx = true;  ///< false for "[…]" and for numeric addresses
  friend bool operator==(next_hop const&, next_hop const&) = default;
};

/// A number, or smtp, submission, smtps, submissions, lmtp: a sandboxed program can't read /etc/services.
std::optional<std::uint16_t> parse_port(std::string_view text);

result<next_hop> parse_next_hop(std::string_view text);

}  // namespace postern::dns
