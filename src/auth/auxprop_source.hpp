#pragma once
// Purpose: what the sources have in common that ask somewhere else for a user's properties (SQL, LDAP): Cyrus's
//          auxprop.
// Layout: userPassword is the password itself or "{SCHEME}hash" (password_scheme.hpp); one value that fits is enough.
//         authPassword holds SCRAM keys [RFC 5803]; it is asked for only when userPassword is not the password itself.
// Errors: load() cannot be asked, or all that is stored is of schemes that nobody knows: store_unavailable.
// Concurrency: as credential_source. exists() would block its caller's loop: it is not answered.
// Security: a user who is not there costs what one who is there does, once a stored password has been seen.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/credential_source.hpp"
#include "auth/plaintext_store.hpp"

namespace postern::auth {

inline constexpr std::string_view user_password_property = "userPassword";
inline constexpr std::string_view auth_password_property = "authPassword";

class auxprop_source : public credential_source {
 public:
  bool can(sasl::credential_need need) const noexcept override;
  std::string canonical(login const& who) const override;
  verdict check_password(login const& who, secret const& password) override;
  source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash) override;
  source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view mechanism) override;
  verdict admit(login const& who, std::string_view credential) override;
  result<bool> exists(std::string_view user) override;

 protected:
  struct properties {
    std::string account;  ///< canonical
    std::vector<secret> values;
  };
  explicit auxprop_source(scram_derivation how) : scram_(std::move(how)) {}

  /// Empty: there is no such user. A user without the property has no values.
  virtual result<std::optional<properties>> load(login const& who, std::string_view property) = 0;

 private:
  result<bool> fits(properties const& stored, login const& who, secret const& password);
  std::optional<sasl::scram_verifier> find_keys(properties const& stored, login const& who,
                                                crypto::hash_algorithm hash);
  std::string nobody(login const& who) const;

  scram_derivation scram_;
  secret usual_;  ///< a stored hash as users have them here
};

}  // namespace postern::auth
