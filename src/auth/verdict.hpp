#pragma once
// Purpose: what authd thinks of a login: one code, with words for the log beside it.
// Layout: a row a code in verdict.cpp: its name in log lines, the layer that says it, a sentence for administrators.

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::auth {

enum class verdict_code : std::uint8_t {
  accepted,
  unknown_user,
  wrong_password,
  locked,
  expired,             ///< account, password or app password
  scope_refused,       ///< an app password that is not for this service
  network_refused,     ///< an app password that is not for this network
  not_authorized,      ///< wants to act as somebody else
  mechanism_unusable,  ///< nothing is stored that this mechanism could use
  bad_token,
  store_unavailable,  ///< where the credentials are cannot be asked
  overloaded,         ///< too many logins wait for a hash
};

struct verdict {
  verdict_code code = verdict_code::wrong_password;
  std::string account = {};  ///< canonical; empty when the name cannot be one
  std::string detail = {};   ///< for the log: why, in words
  bool cached = false;
  std::string source = {};      ///< who said so: "accounts", "sasldb", …
  std::string credential = {};  ///< the app password's name; empty for the password itself
};

/// True: not the client's fault, it may try again.
constexpr bool is_temporary(verdict_code code) {
  return code == verdict_code::store_unavailable || code == verdict_code::overloaded;
}
/// "wrong_password", …: the reason code of log lines.
std::string_view format_verdict_code(verdict_code code);

}  // namespace postern::auth
