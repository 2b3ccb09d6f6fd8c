#pragma once
// Purpose: a source of credentials whose answers a test writes down: users with passwords, and what it can.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "auth/credential_source.hpp"
#include "base/text.hpp"

namespace postern::auth {

class test_source final : public credential_source {
 public:
  struct user {
    std::string password;
    verdict_code standing = verdict_code::accepted;  ///< what admit() says
  };
  struct script {
    std::string name = "test";
    std::map<std::string, user> users;
    bool passwords = true;
    bool secrets = true;  ///< SCRAM and plaintext
    bool broken = false;  ///< answers nothing
    bool is_quick = false;
    std::uint64_t stamp = 0;
    std::vector<revocation> revoked;
    std::vector<revocation> expired;
    bool scram_for_all = true;
    std::vector<std::string> stored;   ///< what store() took
    std::function<void()> overtaking;  ///< happens once, between a password's check and its answer
  };
  /// The test changes `what` between questions.
  explicit test_source(std::shared_ptr<script> what) : what_(std::move(what)) {}

  std::string_view name() const noexcept override { return what_->name; }
  bool can(sasl::credential_need need) const noexcept override {
    if (need == sasl::credential_need::verify_plain) return what_->passwords;
    return what_->secrets &&
           (need == sasl::credential_need::scram_verifier || need == sasl::credential_need::plaintext_secret);
  }
  bool can_scram(crypto::hash_algorithm) const noexcept override { return what_->secrets && what_->scram_for_all; }
  bool quick() const noexcept override { return what_->is_quick; }
  std::string canonical(login const& who) const override { return lowercase(who.user); }

  verdict check_password(login const& who, secret const& password) override {
    if (what_->broken) return {.code = verdict_code::store_unavailable, .detail = "it is broken"};
    auto const at = what_->users.find(canonical(who));
    if (at == what_->users.end()) return {.code = verdict_code::unknown_user, .detail = "no such user"};
    if (at->second.password != password.reveal()) return {.code = verdict_code::wrong_password, .detail = "it differs"};
    verdict answer{.code = at->second.standing, .account = at->first, .detail = "as the script says"};
    if (what_->overtaking) std::exchange(what_->overtaking, nullptr)();
    return answer;
  }
  source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash) override {
    auto secret_of = load_shared_secret(who, "");
    source_answer<scram_credentials> answer{secret_of.code, secret_of.account, secret_of.detail, {}};
    if (!secret_of.found) return answer;
    answer.found.emplace();
    answer.found->keys.push_back(
        sasl::make_scram_verifier(hash, secret_of.found->value, "0123456789abcdef", sasl::scram_iterations_min));
    answer.found->credentials.emplace_back("phone");
    return answer;
  }
  source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view) override {
    if (what_->broken) return {.code = verdict_code::store_unavailable, .detail = "it is broken"};
    auto const at = what_->users.find(canonical(who));
    if (at == what_->users.end()) return {.detail = "no such user"};
    source_answer<sasl::shared_secret> answer{.code = verdict_code::accepted, .account = at->first};
    answer.found.emplace().value = secret(at->second.password);
    return answer;
  }
  verdict admit(login const& who, std::string_view) override {
    auto const at = what_->users.find(canonical(who));
    if (at == what_->users.end()) return {.code = verdict_code::unknown_user, .detail = "no such user"};
    return {.code = at->second.standing, .account = at->first, .detail = "as the script says"};
  }
  result<bool> exists(std::string_view user) override {
    if (what_->broken) return fail("it is broken");
    return what_->users.contains(std::string(user));
  }
  result<std::uint64_t> change_stamp() override { return what_->stamp; }
  result<std::vector<revocation>> revoked_since(std::uint64_t) override { return std::exchange(what_->revoked, {}); }
  result<std::vector<revocation>> take_expired() override { return std::exchange(what_->expired, {}); }
  result<> store(login const& who, secret const& password) override {
    what_->stored.push_back(who.user + "=" + std::string(password.reveal()));
    return {};
  }

 private:
  std::shared_ptr<script> what_;
};

}  // namespace postern::auth
