#pragma once
// Purpose: a policy server as check_policy_service names it, and the bytes that are exchanged with it.
// Layout: request and reply are lines "name=value" LF that end with an empty line; the reply has "action=…".
// Errors: a reply that is malformed or too long is a failure that names what is wrong.
// Limits: a reply has at most reply_octets_max octets.
// Security: values that came from the client lose octets below space, so that no attribute can be forged.
// Source: SMTPD_POLICY_README of Postfix 3.7.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "policy/client_facts.hpp"

namespace postern::policy {

struct policy_service {
  std::string endpoint;               ///< "inet:host:port", "unix:path"
  std::chrono::seconds timeout{100};  ///< of each read and write
  std::chrono::seconds max_idle{300};
  std::chrono::seconds max_ttl{1000};
  std::uint32_t request_limit = 0;  ///< a connection; 0: none
  std::uint32_t try_limit = 2;
  std::chrono::seconds retry_delay{1};
  std::string default_action;
  std::string context;
};

/// "inet:host:port", or "{ inet:host:port, timeout=10s, default_action=DUNNO }". Unknown attributes are failures.
result<policy_service> parse_policy_service(std::string_view written, config::settings const& settings);

std::string format_policy_request(policy_service const& service, client_facts const& client,
                                  std::string_view recipient);

inline constexpr std::size_t reply_octets_max = 64 * 1024;
/// Nothing: more is to come. The value of the reply's action, and how many octets the reply takes.
struct policy_reply {
  std::string action;
  std::size_t octets = 0;
};
result<std::optional<policy_reply>> parse_policy_reply(std::string_view input);

}  // namespace postern::policy
