#pragma once
// Purpose: the sources of credentials asked one after the other, as if they were one.
// Layout: the first source that finds the login right decides. A source that does not know the user, or finds another
//         password, passes the question on, as Cyrus's pwcheck_method does; one that knows the account and keeps it out
//         (locked, expired, scope, network) ends it.
// Errors: when nobody says yes and one source could not be asked, nobody knows: store_unavailable.
// Concurrency: as the sources: calls block, one thread at a time.
// Security: who is let in may act as itself only: an authzid that does not spell the same account is not_authorized.

#include <optional>
#include <string>
#include <string_view>

#include "auth/credential_source.hpp"

namespace postern::auth {

/// `standing` accepted: `found` is there, and standing.source says who had it. unknown_user or mechanism_unusable:
/// the log's reason.
template <class Found>
struct chain_answer {
  verdict standing;
  std::optional<Found> found = {};
};

/// Is the next source asked after such an answer?
bool passes_on(verdict_code code);

class credential_chain {
 public:
  /// `hand_on`: a password that is found right is stored by the sources that take passwords (Cyrus's auto_transition).
  explicit credential_chain(source_list sources, bool hand_on = false)
      : sources_(std::move(sources)), hand_on_(hand_on) {}

  verdict check_password(login const& who, secret const& password);
  chain_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash);
  chain_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view mechanism);
  /// `source`: the name of the one whose secret proved the login; empty: whoever knows the user.
  verdict admit(login const& who, std::string_view source, std::string_view credential);
  /// Of a login that is accepted already: may it act as its authzid?
  verdict authorize(login const& who, verdict accepted) const;

  /// As the first source that can answer `need` spells it; empty when there is none or it cannot be a login.
  std::string canonical(login const& who, sasl::credential_need need) const;
  source_list const& sources() const noexcept { return sources_; }
  credential_source* find(std::string_view name) const;

 private:
  void hand_on(login const& who, secret const& password, credential_source const& from);

  source_list sources_;
  bool hand_on_;
};

}  // namespace postern::auth
