#pragma once
// Purpose: users of other programs as accounts: their files read, their hashes kept until the first login.
// Layout: one parser a format (passwd_file.cpp, htpasswd is one of its kind, sasldb.cpp); the rows are in import.cpp.
// Errors: what cannot be taken over is a problem that names file and line; with any problem nothing may be stored. What
//         has no password to take over is left out with a remark.
// Limits: file_octets_max.
// Security: passwords found in plaintext leave as verifiers only.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/account_name.hpp"
#include "auth/account_store.hpp"
#include "auth/password.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

inline constexpr std::size_t import_octets_max = std::size_t{64} * 1024 * 1024;

struct import_candidate {
  std::string where;  ///< "FILE:12"
  new_account account;
  std::optional<secret> plaintext;  ///< the password itself, when the file holds it
};

struct import_outcome {
  std::vector<import_candidate> candidates;
  std::vector<std::string> problems;  ///< "FILE:12: why"
  std::vector<std::string> remarks;
};

struct import_settings {
  std::string path;
  account_names names;
  std::string default_scheme = "CRYPT";  ///< of passwords without {SCHEME}
};

struct import_format {
  std::string_view name;
  std::string_view meaning;
  result<import_outcome> (*load)(import_settings const& from);
};
std::span<import_format const> import_formats();
import_format const* find_import_format(std::string_view name);

/// Lines "user:password" and, when `extended`, what passwd(5), shadow(5) and Dovecot's passwd-file have behind them.
import_outcome parse_user_lines(std::string_view content, import_settings const& from, bool extended);
/// Files of lines.
result<import_outcome> load_passwd_file(import_settings const& from);
result<import_outcome> load_htpasswd(import_settings const& from);
/// import/sasldb.cpp
result<import_outcome> load_sasldb(import_settings const& from);

/// Adds what speaks against the candidates together: names that occur twice or exist already.
result<> find_collisions(account_store& store, import_outcome& outcome);

/// Stores all in one transaction; takes about 150 ms for each password that is known in plaintext.
result<> store_candidates(account_store& store, std::vector<import_candidate> const& candidates,
                          password_costs const& costs, weak_secrets const& weak, wall_time now);

}  // namespace postern::auth
