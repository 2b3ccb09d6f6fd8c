#pragma once
// Purpose: what a sasldb2 file holds: one property of one user a record.
// Layout: key = user NUL realm NUL property, value = raw octets; no NUL behind either. Case matters everywhere.
// Limits: user, realm and property of key_part_octets_max each, value_octets_max: what Cyrus's plugin can read back.
// Security: values are passwords and verifiers: they live in `secret`.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth::sasldb {

inline constexpr std::size_t key_part_octets_max = 1024;
inline constexpr std::size_t value_octets_max = 8192;

/// The properties that Cyrus knows.
inline constexpr std::string_view property_plaintext = "userPassword";
inline constexpr std::string_view property_verifier = "authPassword";

struct record_key {
  std::string user;
  std::string realm;
  std::string property;
  friend auto operator<=>(record_key const&, record_key const&) = default;
};

struct record {
  std::string key;  ///< as in the file
  secret value;
};

using records = std::vector<record>;

/// Pre: no NUL in any part.
std::string format_key(record_key const& key);
/// A failure says what is wrong with it: a key of another program's file.
result<record_key> parse_key(std::string_view octets);
/// What all keys of the user begin with.
std::string format_key_prefix(std::string_view user, std::string_view realm);

}  // namespace postern::auth::sasldb
