#pragma once
// Purpose: Cyrus SASL's rules for what is the user and what the realm of a login name: they differ by plugin.
// Source: Cyrus SASL 2.1.28: its INTERNAL canonicalisation, auxprop plugins and saslauthd client.

#include <string>
#include <string_view>

namespace postern::auth::cyrus {

struct user_realm {
  std::string user;
  std::string realm;
  friend bool operator==(user_realm const&, user_realm const&) = default;
};

/// The name without blanks around it and, when it has no '@' and `local_domain` is set, with "@local_domain".
std::string canonical_name(std::string_view typed, std::string_view local_domain);
/// sasldb, sql: split at the first '@'; a name without one has `realm`, or else `host`.
user_realm split_for_auxprop(std::string_view name, std::string_view realm, std::string_view host);
/// saslauthd: split at the last '@'; a name without one has `realm`, which may be empty.
user_realm split_for_saslauthd(std::string_view name, std::string_view realm);

}  // namespace postern::auth::cyrus
