#pragma once
// Purpose: a sasldb2 that is asked often: kept in memory, read again when the file has changed.
// Errors: no file, no rights, damage: sentences of file.hpp; asked again with the next question. A file that others may
//         read is used and warned of in the log, once a state.
// Concurrency: one object, one thread.
// Limits: memory is the file's size, a few times over.
// Security: what is held is wiped when it is replaced. A change is seen with the next question: the file's stamp is
//           looked at each time, and a state that was read within `settle_time` of its last change is not believed
//           twice, because another change in the same tick of the clock would have the same stamp, and because a writer
//           that knows no locks may have been half done.

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "auth/sasldb/file.hpp"
#include "auth/sasldb/user.hpp"

namespace postern::auth::sasldb {

inline constexpr std::chrono::milliseconds settle_time{100};

class lookup {
 public:
  explicit lookup(std::string path) : path_(std::move(path)) {}

  /// nullptr: there is no such user. Valid until the next call.
  result<user_secrets const*> find(user_in_realm const& who);
  /// Differs when the file has changed; 0 when the file cannot be looked at.
  std::uint64_t change_stamp() const;
  /// The costliest verifier of users without plaintext, for users who are not there; nullptr: there is none.
  sasl::auth_password const* costliest() const noexcept { return costliest_ ? &*costliest_ : nullptr; }
  std::string const& path() const noexcept { return path_; }

 private:
  result<> refresh();
  void take(snapshot const& fresh);

  std::string path_;
  bool loaded_ = false;
  bool settled_ = false;
  file_stamp stamp_;
  std::map<std::string, user_secrets, std::less<>> users_;  ///< by format_key_prefix()
  std::optional<sasl::auth_password> costliest_;
};

}  // namespace postern::auth::sasldb
