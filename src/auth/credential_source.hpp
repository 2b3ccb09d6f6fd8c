#pragma once
// Purpose: a place where credentials are kept or checked: the account database, sasldb2, SQL, LDAP, a saslauthd. authd
//          asks its sources in order; which there are is decided by the configuration (accounts, or Cyrus's
//          smtpd.conf).
// Errors: answers, never exceptions. `unavailable` is trouble of the source itself and ends as 454.
// Concurrency: calls block; one object, one thread at a time. Each worker of the pool has its own set (source_factory).
// Security: an unknown user costs what a known one does, and gets stand-in SCRAM keys from whoever asks.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/verdict.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth {

/// Who wants in and from where: the same for all questions of one exchange.
struct login {
  std::string user;     ///< as the client typed it
  std::string authzid;  ///< as whom it wants to act; empty for the user itself
  std::string realm;    ///< the client's or the configured one; may be empty
  std::string service;  ///< "smtp", "imap", "pop3", "web"
  std::string client_address;
  std::string session;
};

/// The SCRAM keys of an account: one a credential (password, app passwords), all of one salt and iteration count.
struct scram_credentials {
  std::vector<sasl::scram_verifier> keys;
  std::vector<std::string> credentials;  ///< beside each key: "" for the password, else the app password's name
};

/// A credential that works no more: sessions that were opened with it end.
struct revocation {
  std::string account;                    ///< canonical
  std::optional<std::string> credential;  ///< "" for the password, an app password's name; absent: all of the account
};

template <class Found>
struct source_answer {
  verdict_code code = verdict_code::unknown_user;  ///< accepted: `found` is there
  std::string account = {};                        ///< canonical, when known
  std::string detail = {};                         ///< for the log
  std::optional<Found> found = {};
};

class credential_source {
 public:
  virtual ~credential_source() = default;
  /// "accounts", "sasldb", "sql", "ldapdb", "saslauthd": for the log and `postern auth test`.
  virtual std::string_view name() const noexcept = 0;
  virtual bool can(sasl::credential_need need) const noexcept = 0;
  /// Have all its users keys of this hash? Others are not offered the mechanism, or some could not log in.
  virtual bool can_scram(crypto::hash_algorithm hash) const noexcept;
  /// True: admit() answers within microseconds, so it is also asked on the loop's thread, of an object of its own
  /// there. So are canonical(), exists(), change_stamp(), revoked_since(), revoked_after(), take_expired() and
  /// can_scram(), of every source.
  virtual bool quick() const noexcept { return false; }
  /// The one spelling under which a login is known ("joe" for "Joe@example.org"); empty when it cannot be an account's.
  virtual std::string canonical(login const& who) const;

  virtual verdict check_password(login const& who, secret const& password) = 0;
  virtual source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash);
  virtual source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view mechanism);
  /// The login is proved (SCRAM, CRAM-MD5, EXTERNAL, GSSAPI, a token): may the account log in here and now? Not for a
  /// locked or expired account, or with an app password whose scopes or networks exclude this login. Where
  /// change_stamp() is asked for, by what stood there then.
  virtual verdict admit(login const& who, std::string_view credential);
  /// Whose device certificate is this, and is it good here and now? `fingerprint`: SHA-256, hexadecimal.
  virtual verdict check_certificate(login const& who, std::string_view fingerprint);
  /// For recipients; a locked account still gets its mail.
  virtual result<bool> exists(std::string_view user);
  /// The account of that name or alias, as its logins are called; nothing: there is none. By exists() unless a source
  /// has aliases. As quick as that.
  virtual result<std::optional<std::string>> find_account(std::string_view user);
  /// Differs from the last one when anything may have changed; caches are dropped then. 0: it cannot tell, so its
  /// answers are never cached.
  virtual result<std::uint64_t> change_stamp();
  /// What has been revoked, locked, removed or given another password since change_stamp() was `stamp`.
  virtual result<std::vector<revocation>> revoked_since(std::uint64_t stamp);
  /// Likewise, and what ran out by itself, from that moment on: for front ends that heard nothing meanwhile.
  virtual result<std::vector<revocation>> revoked_after(wall_time since);
  /// What ran out by itself since the last call of this object; the first call finds nothing. Cheap when nothing did.
  virtual result<std::vector<revocation>> take_expired();
  /// Takes over a password that another source found right (Cyrus's auto_transition).
  virtual result<> store(login const& who, secret const& password);
};

using source_list = std::vector<std::unique_ptr<credential_source>>;
/// Makes a worker's sources; called on the worker's thread, again after trouble.
using source_factory = std::function<result<source_list>()>;

}  // namespace postern::auth
