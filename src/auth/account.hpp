#pragma once
// Purpose: an account as values: who may log in with what, when and from where.
// Layout: docs/formats/accounts.md.
// Units: times in UTC, whole seconds on disk.
// Security: verifiers only; nothing here lets its holder log in, but for `cram_md5` and `digest_md5`, which stand for
//           the password in those two mechanisms and are kept only where authd_store_weak_secrets asks for them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.hpp"
#include "base/time.hpp"

namespace postern::auth {

/// What is kept of a password or an app password; empty: that one is not. Made by password.hpp.
struct verifier_set {
  std::string argon2id = {};       ///< PHC string
  std::string scram_sha_256 = {};  ///< sasl::format_scram_verifier(), the other two likewise
  std::string scram_sha_1 = {};
  std::string scram_sha_512 = {};
  std::string sha_256 = {};     ///< app passwords: "SALT,DIGEST", base64 (app_password.hpp)
  std::string cram_md5 = {};    ///< 64 hexadecimal digits
  std::string digest_md5 = {};  ///< "REALM:" and 32 hexadecimal digits
  std::string imported = {};    ///< "{SCHEME}text" of another program (password_scheme.hpp), until the first login
  friend bool operator==(verifier_set const&, verifier_set const&) = default;
};

struct credential_usage {
  wall_time when;
  std::string address;  ///< of the client; may be empty
  std::string service;
};

/// Who may use an app password where.
struct credential_limits {
  std::vector<std::string> scopes;   ///< "smtp", "imap", "pop3", "web"; empty: all
  std::vector<ip_network> networks;  ///< empty: from everywhere
  std::optional<wall_time> expires;
};

/// The password (its name is empty) or an app password.
struct credential {
  std::int64_t id = 0;  ///< never used twice
  std::string name;
  credential_limits limits;
  wall_time created;
  std::optional<wall_time> revoked;
  verifier_set verifiers;
  std::optional<credential_usage> last_used;
};

struct account {
  std::string name;  ///< canonical (account_name.hpp)
  bool locked = false;
  wall_time created;
  wall_time changed;  ///< password, lock or anything else
  verifier_set verifiers;
  std::optional<wall_time> expires;
  std::int64_t password_id = 0;               ///< credential::id of the password
  std::vector<ip_network> password_networks;  ///< from where the password may be used; empty: from everywhere
  std::optional<credential_usage> last_used;
  std::vector<credential> app_passwords;  ///< by name, revoked ones too
};

/// A certificate that was issued for a device of an account; it works while the credential beside it does.
struct device_certificate {
  std::string serial;       ///< lower-case hexadecimal digits
  std::string fingerprint;  ///< SHA-256 of the certificate, lower-case hexadecimal digits
  std::string account;
  std::string device;
  std::string credential;  ///< credential::name; empty: its account is gone
  wall_time issued;
  wall_time expires;
  std::optional<wall_time> revoked;
  std::optional<credential_usage> last_used;
};

/// "cert:phone:5f2a…": no app password has such a name, and each certificate its own.
std::string certificate_credential_name(std::string_view device, std::string_view serial);
/// The device behind such a name; empty: it is an app password's.
std::string_view certificate_device(std::string_view credential);

/// What happened to an account; the ones that end sessions are told to the front ends.
enum class change_kind : std::uint8_t {
  added,
  removed,
  password,
  locked,
  unlocked,
  expiry,
  app_added,
  app_revoked,
  alias_added,
  alias_removed,
};

struct account_change {
  std::int64_t serial = 0;
  wall_time when;
  std::string account;
  change_kind kind = change_kind::added;
  std::string subject;  ///< the app password's or alias's name
};

}  // namespace postern::auth
