#pragma once
// Purpose: the entries of passwd(5) and shadow(5) by name: from the system (NSS) or from a file of one's own.
// Errors: an errno when the database cannot be asked; an empty optional when there is no such user.
// Concurrency: any thread; blocks.
// Limits: entry_octets_max an entry.
// Security: hashes are secrets.

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "base/secret.hpp"

namespace postern::auth {

inline constexpr std::size_t entry_octets_max = std::size_t{1024} * 1024;

struct passwd_entry {
  secret hash;
};

struct shadow_entry {
  secret hash;
  long last_change = -1;  ///< days since 1970; -1: not set, as with all of these
  long password_days = -1;
  long grace_days = -1;
  long expires = -1;
};

template <class Entry>
using entry_answer = std::expected<std::optional<Entry>, int>;

/// `file`: empty for the system's.
entry_answer<passwd_entry> find_passwd_entry(std::string const& name, std::string const& file);
entry_answer<shadow_entry> find_shadow_entry(std::string const& name, std::string const& file);
/// A hash that stands in the shadow file, of anybody; empty when there is none.
std::optional<secret> find_any_shadow_hash(std::string const& file);
std::optional<secret> find_any_passwd_hash(std::string const& file);

}  // namespace postern::auth
