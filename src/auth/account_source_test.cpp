#include "auth/account_source.hpp"

#include <gtest/gtest.h>

#include "auth/app_password.hpp"
#include "auth/sqlite.hpp"
#include "auth/test_accounts.hpp"
#include "base/hex.hpp"
#include "crypto/argon2id.hpp"
#include "crypto/md5.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;
using crypto::hash_algorithm;

constexpr std::string_view phone_password = "abcd-efgh-jkmn-pqrs-tuvw";

class account_source_test : public testing::Test {
 protected:
  account_source_test() : store_(accounts_.open()) {
    accounts_.add("joe", "secret");
    EXPECT_TRUE(store_.add_alias("joe", "joseph", now_).value());
  }
  std::unique_ptr<credential_source> make(weak_secrets weak = {}) {
    return make_account_source({.database_path = accounts_.path(),
                                .local_domains = {"example.org"},
                                .costs = cheap_costs,
                                .weak = std::move(weak),
                                .usage = usage_,
                                .now = [this] { return now_; }});
  }
  void add_app(std::string name, std::string_view password, credential_limits limits = {}) {
    auto const joe = store_.load_account("joe").value().value();
    auto verifiers = make_app_verifiers(secret(password), cheap_costs.scram_iterations, find_scram_salts(joe)).value();
    ASSERT_TRUE(store_
                    .add_app_password("joe", {.name = std::move(name),
                                              .limits = std::move(limits),
                                              .created = now_,
                                              .verifiers = std::move(verifiers)})
                    .value());
  }
  verdict check(std::string_view user, std::string_view password) {
    return source_->check_password({.user = std::string(user), .service = "smtp", .client_address = "192.0.2.7"},
                                   secret(password));
  }

  test_accounts accounts_;
  account_store store_;
  wall_time now_{1'700'000'000s};
  std::shared_ptr<usage_log> usage_ =
      std::make_shared<usage_log>(usage_log::options{.database_path = accounts_.path(), .gather = 1ms, .every = 50ms});
  std::unique_ptr<credential_source> source_ = make();
};

TEST_F(account_source_test, takes_the_password_under_every_name_of_the_account) {
  for (auto const* const user : {"joe", "JOE@Example.org", "joseph", "Joseph@example.org"}) {
    auto const said = check(user, "secret");
    EXPECT_EQ(said.code, verdict_code::accepted) << user << said.detail;
    EXPECT_EQ(said.account, "joe");
    EXPECT_EQ(said.credential, "");
    EXPECT_EQ(said.source, "accounts");
  }
  EXPECT_EQ(check("joe", "Secret").code, verdict_code::wrong_password);
  EXPECT_EQ(check("joe", "").code, verdict_code::wrong_password);
  EXPECT_EQ(check("joseph@other.example", "secret").code, verdict_code::unknown_user);
  EXPECT_EQ(check("no/body", "secret").code, verdict_code::unknown_user);
  EXPECT_EQ(source_->exists("joseph").value(), true);
  EXPECT_EQ(source_->find_account("joseph").value(), "joe");
  EXPECT_EQ(source_->find_account("jo").value(), std::nullopt);
  EXPECT_EQ(source_->exists("jo").value(), false);
}

TEST_F(account_source_test, an_app_password_works_beside_the_password_and_is_named) {
  add_app("phone", phone_password);
  add_app("tablet", make_app_password().reveal());
  for (auto const* const typed : {"abcd-efgh-jkmn-pqrs-tuvw", "ABCDEFGHJKMNPQRSTUVW"}) {
    auto const said = check("joe", typed);
    EXPECT_EQ(said.code, verdict_code::accepted) << typed;
    EXPECT_EQ(said.credential, "phone");
  }
  EXPECT_EQ(check("joe", "secret").credential, "");
  EXPECT_EQ(check("joe", make_app_password().reveal()).code, verdict_code::wrong_password);
  EXPECT_EQ(check("nobody", phone_password).code, verdict_code::unknown_user);
}

TEST_F(account_source_test, a_revoked_app_password_is_wrong_and_named_in_the_log) {
  add_app("phone", phone_password);
  ASSERT_TRUE(store_.revoke_app_password("joe", "phone", now_).value());
  auto const said = check("joe", phone_password);
  EXPECT_EQ(said.code, verdict_code::wrong_password);
  EXPECT_NE(said.detail.find("phone was revoked"), std::string::npos) << said.detail;
  EXPECT_EQ(source_->load_scram({.user = "joe"}, hash_algorithm::sha256).found.value().keys.size(), 1U);
  EXPECT_EQ(source_->admit({.user = "joe", .service = "smtp"}, "phone").code, verdict_code::wrong_password);
  EXPECT_EQ(source_->admit({.user = "joe", .service = "smtp"}, "other").code, verdict_code::wrong_password);
}

TEST_F(account_source_test, scopes_networks_and_expiry_bound_an_app_password) {
  add_app("phone", phone_password,
          {.scopes = {"imap", "smtp"}, .networks = {*ip_network::parse("192.0.2.0/24")}, .expires = now_ + 1h});
  login who{.user = "joe", .service = "smtp", .client_address = "192.0.2.7"};
  struct row {
    std::string service;
    std::string address;
    std::chrono::hours later;
    verdict_code want;
  };
  for (auto const& [service, address, later, want] : std::vector<row>{
           {"smtp", "192.0.2.7", 0h, verdict_code::accepted},
           {"imap", "192.0.2.255", 0h, verdict_code::accepted},
           {"imap", "192.0.2.7;51234", 0h, verdict_code::accepted},
           {"pop3", "192.0.2.7", 0h, verdict_code::scope_refused},
           {"", "192.0.2.7", 0h, verdict_code::scope_refused},
           {"smtp", "198.51.100.7", 0h, verdict_code::network_refused},
           {"smtp", "2001:db8::1", 0h, verdict_code::network_refused},
           {"smtp", "", 0h, verdict_code::network_refused},
           {"smtp", "192.0.2.7", 1h, verdict_code::expired},
       }) {
    auto const start = now_;
    now_ += later;
    who.service = service;
    who.client_address = address;
    EXPECT_EQ(source_->check_password(who, secret(phone_password)).code, want) << service << address;
    EXPECT_EQ(source_->admit(who, "phone").code, want) << service << address;
    EXPECT_EQ(source_->check_password(who, secret("secret")).code, verdict_code::accepted);
    now_ = start;
  }
}

TEST_F(account_source_test, a_locked_or_expired_account_takes_nothing) {
  add_app("phone", phone_password);
  ASSERT_TRUE(store_.set_expiry("joe", now_ + 1h, now_).value());
  EXPECT_EQ(check("joe", "secret").code, verdict_code::accepted);
  now_ += 1h;
  EXPECT_EQ(check("joe", "secret").code, verdict_code::expired);
  EXPECT_EQ(check("joe", phone_password).code, verdict_code::expired);
  EXPECT_EQ(check("joe", "wrong").code, verdict_code::wrong_password);
  ASSERT_TRUE(store_.set_locked("joe", true, now_).value());
  EXPECT_EQ(check("joe", "secret").code, verdict_code::locked);
  EXPECT_EQ(check("joe", phone_password).code, verdict_code::locked);
  EXPECT_EQ(check("joe", "wrong").code, verdict_code::locked);
  EXPECT_EQ(source_->admit({.user = "joe", .service = "smtp"}, "").code, verdict_code::locked);
}

TEST_F(account_source_test, all_scram_keys_of_an_account_have_one_salt) {
  add_app("phone", phone_password);
  for (auto const hash : {hash_algorithm::sha1, hash_algorithm::sha256, hash_algorithm::sha512}) {
    auto const answer = source_->load_scram({.user = "joe"}, hash);
    ASSERT_EQ(answer.code, verdict_code::accepted);
    ASSERT_EQ(answer.found->credentials, (std::vector<std::string>{"", "phone"}));
    auto const& keys = answer.found->keys;
    EXPECT_EQ(keys[0].salt, keys[1].salt);
    EXPECT_EQ(keys[0], sasl::make_scram_verifier(hash, secret("secret"), keys[0].salt, keys[0].iterations));
    EXPECT_EQ(keys[1], sasl::make_scram_verifier(hash, secret(phone_password), keys[0].salt, keys[0].iterations));
    EXPECT_TRUE(source_->can_scram(hash));
  }
  EXPECT_EQ(source_->load_scram({.user = "nobody"}, hash_algorithm::sha1).code, verdict_code::unknown_user);
}

TEST_F(account_source_test, a_key_with_another_salt_is_not_offered_beside_the_others) {
  ASSERT_TRUE(
      store_
          .add_app_password("joe", {.name = "odd",
                                    .created = now_,
                                    .verifiers = make_app_verifiers(secret(phone_password),
                                                                    cheap_costs.scram_iterations, make_scram_salts())
                                                     .value()})
          .value());
  EXPECT_EQ(source_->load_scram({.user = "joe"}, hash_algorithm::sha256).found.value().keys.size(), 1U);
}

TEST_F(account_source_test, an_imported_hash_becomes_ours_at_the_first_login) {
  ASSERT_TRUE(store_.add("ann", {.imported = "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="}, now_).value());
  EXPECT_FALSE(source_->can_scram(hash_algorithm::sha256));
  EXPECT_EQ(source_->load_scram({.user = "ann"}, hash_algorithm::sha256).code, verdict_code::mechanism_unusable);
  EXPECT_EQ(check("ann", "wrong").code, verdict_code::wrong_password);
  EXPECT_FALSE(store_.load_account("ann").value()->verifiers.imported.empty());

  auto const stamp = source_->change_stamp().value();
  EXPECT_EQ(check("ann", "test").code, verdict_code::accepted);
  auto const ann = store_.load_account("ann").value().value();
  EXPECT_EQ(ann.verifiers.imported, "");
  EXPECT_FALSE(is_outdated(ann.verifiers, cheap_costs, {}));
  EXPECT_TRUE(source_->can_scram(hash_algorithm::sha512));
  EXPECT_EQ(check("ann", "test").code, verdict_code::accepted);
  EXPECT_EQ(check("ann", "wrong").code, verdict_code::wrong_password);
  EXPECT_TRUE(source_->revoked_since(stamp).value().empty());
}

TEST_F(account_source_test, an_imported_hash_that_cannot_be_judged_is_trouble_not_a_wrong_password) {
  ASSERT_TRUE(store_.add("ann", {.imported = "{NOSUCH}x"}, now_).value());
  EXPECT_EQ(check("ann", "test").code, verdict_code::store_unavailable);
}

TEST_F(account_source_test, weak_secrets_come_with_the_next_login_and_go_with_it) {
  EXPECT_EQ(source_->load_shared_secret({.user = "joe"}, "CRAM-MD5").code, verdict_code::mechanism_unusable);
  EXPECT_FALSE(source_->can(sasl::credential_need::plaintext_secret));
  source_ = make({.cram_md5 = true, .digest_md5 = true, .realm = "mail.example.org"});
  EXPECT_TRUE(source_->can(sasl::credential_need::plaintext_secret));
  ASSERT_EQ(check("joe", "secret").code, verdict_code::accepted);
  auto const cram = source_->load_shared_secret({.user = "joe"}, "CRAM-MD5").found.value();
  EXPECT_EQ(cram.as, sasl::shared_secret::form::cram_md5);
  EXPECT_EQ(crypto::hmac_md5(*crypto::parse_hmac_md5_key(cram.value.reveal()), "x"), crypto::hmac_md5("secret", "x"));
  auto const digest = source_->load_shared_secret({.user = "joe"}, "DIGEST-MD5").found.value();
  EXPECT_EQ(digest.realm, "mail.example.org");
  EXPECT_EQ(digest.value.reveal(), encode_hex(crypto::md5("joe:mail.example.org:secret")));
  EXPECT_EQ(source_->load_shared_secret({.user = "joseph"}, "DIGEST-MD5").code, verdict_code::mechanism_unusable);
  EXPECT_EQ(source_->load_shared_secret({.user = "joe"}, "NTLM").code, verdict_code::mechanism_unusable);

  source_ = make();
  ASSERT_EQ(check("joe", "secret").code, verdict_code::accepted);
  EXPECT_EQ(store_.load_account("joe").value()->verifiers.cram_md5, "");
}

struct spelling_row {
  std::string_view name;
  std::string_view stored;
  std::string_view typed;
  verdict_code want;
};
constexpr spelling_row spellings[] = {
    {"composed, decomposed", "\u00e4pfel", "a\u0308pfel", verdict_code::accepted},
    {"decomposed, composed", "a\u0308pfel", "\u00e4pfel", verdict_code::accepted},
    {"another blank", "two words", "two\u00a0words", verdict_code::accepted},
    {"an invisible character", "pass\u00adword", "password", verdict_code::accepted},
    {"prohibited, as it is", "key\ue000", "key\ue000", verdict_code::accepted},
    {"prohibited, another one", "key\ue000", "key\ue001", verdict_code::wrong_password},
    {"another case", "\u00e4pfel", "\u00c4pfel", verdict_code::wrong_password},
    {"no accent", "\u00e4pfel", "apfel", verdict_code::wrong_password},
    {"not UTF-8", "\u00e4pfel", "\xe4pfel", verdict_code::wrong_password},
};

TEST_F(account_source_test, one_password_however_it_is_spelled) {
  for (auto const& [name, stored, typed, want] : spellings) {
    ASSERT_TRUE(store_.set_verifiers("joe", make_verifiers(secret(stored), cheap_costs).value(), now_).value());
    EXPECT_EQ(check("joe", typed).code, want) << name;
    EXPECT_EQ(check("joe", stored).code, verdict_code::accepted) << name;
  }
}

TEST_F(account_source_test, a_hash_of_the_typed_octets_is_taken_and_made_anew) {
  constexpr std::string_view typed = "a\u0308pfel";
  auto made = make_verifiers(secret(typed), cheap_costs).value();
  made.argon2id = crypto::hash_argon2id(secret(typed), "0123456789abcdef", cheap_costs.argon2id).value();
  ASSERT_TRUE(store_.set_verifiers("joe", made, now_).value());
  EXPECT_EQ(check("joe", "\u00e4pfel").code, verdict_code::wrong_password) << "nothing of it is known yet";
  EXPECT_EQ(check("joe", typed).code, verdict_code::accepted);
  EXPECT_NE(store_.load_account("joe").value()->verifiers.argon2id, made.argon2id);
  EXPECT_EQ(check("joe", "\u00e4pfel").code, verdict_code::accepted);
  EXPECT_EQ(check("joe", typed).code, verdict_code::accepted);
}

TEST_F(account_source_test, admits_by_what_stood_there_at_the_last_change_stamp) {
  auto const joe = login{.user = "Joseph@example.org", .service = "smtp"};
  auto const admitted = [&] {
    EXPECT_TRUE(source_->change_stamp());
    return source_->admit(joe, "").code;
  };
  EXPECT_EQ(source_->admit(joe, "").code, verdict_code::accepted);
  EXPECT_EQ(admitted(), verdict_code::accepted);
  EXPECT_EQ(admitted(), verdict_code::accepted);
  ASSERT_TRUE(store_.set_locked("joe", true, now_).value());
  EXPECT_EQ(admitted(), verdict_code::locked);
  ASSERT_TRUE(store_.set_locked("joe", false, now_).value());
  EXPECT_EQ(admitted(), verdict_code::accepted);
  ASSERT_TRUE(store_.set_expiry("joe", now_ + 60s, now_).value());
  EXPECT_EQ(admitted(), verdict_code::accepted);
  now_ += 61s;
  EXPECT_EQ(admitted(), verdict_code::expired) << "though nothing was written";
  ASSERT_TRUE(store_.remove_alias("joe", "joseph", now_).value());
  EXPECT_EQ(admitted(), verdict_code::unknown_user);
}

TEST_F(account_source_test, admits_nobody_by_what_an_editor_of_the_database_has_changed) {
  auto const joe = login{.user = "joe", .service = "smtp"};
  ASSERT_TRUE(source_->change_stamp());
  ASSERT_EQ(source_->admit(joe, "").code, verdict_code::accepted);
  auto editor = sqlite::connection::open(accounts_.path(), 1000).value();
  ASSERT_TRUE(editor.execute("UPDATE accounts SET locked = 1"));
  ASSERT_TRUE(source_->change_stamp());
  EXPECT_EQ(source_->admit(joe, "").code, verdict_code::locked);
}

TEST_F(account_source_test, takes_over_passwords_once) {
  add_app("phone", phone_password);
  auto const stamp = source_->change_stamp().value();
  ASSERT_TRUE(source_->store({.user = "joe"}, secret("secret")));
  EXPECT_EQ(source_->change_stamp().value(), stamp);
  ASSERT_TRUE(source_->store({.user = "Ann@example.org"}, secret("test")));
  EXPECT_EQ(check("ann", "test").code, verdict_code::accepted);
  ASSERT_TRUE(source_->store({.user = "joseph"}, secret("other")));
  EXPECT_EQ(check("joe", "other").code, verdict_code::accepted);
  EXPECT_EQ(check("joe", "secret").code, verdict_code::wrong_password);
  EXPECT_EQ(source_->load_scram({.user = "joe"}, hash_algorithm::sha256).found.value().keys.size(), 2U);
  EXPECT_FALSE(source_->store({.user = "no/body"}, secret("test")));
  EXPECT_FALSE(source_->store({.user = "eve"}, secret("")));
}

TEST_F(account_source_test, tells_what_was_revoked) {
  add_app("phone", phone_password);
  auto const stamp = source_->change_stamp().value();
  EXPECT_EQ(source_->change_stamp().value(), stamp);
  EXPECT_TRUE(source_->revoked_since(stamp).value().empty());
  ASSERT_TRUE(store_.revoke_app_password("joe", "phone", now_).value());
  ASSERT_TRUE(store_.set_verifiers("joe", make_verifiers(secret("new"), cheap_costs).value(), now_).value());
  ASSERT_TRUE(store_.set_locked("joe", true, now_).value());
  ASSERT_TRUE(store_.set_locked("joe", false, now_).value());
  ASSERT_TRUE(store_.remove("joe", now_).value());
  EXPECT_NE(source_->change_stamp().value(), stamp);
  auto const revoked = source_->revoked_since(stamp).value();
  ASSERT_EQ(revoked.size(), 4U);
  EXPECT_EQ(revoked[0].credential, "phone");
  EXPECT_EQ(revoked[1].credential, "");
  EXPECT_FALSE(revoked[2].credential);
  EXPECT_FALSE(revoked[3].credential);
  for (auto const& one : revoked) EXPECT_EQ(one.account, "joe");
}

TEST_F(account_source_test, tells_what_expired_once) {
  EXPECT_TRUE(source_->take_expired().value().empty());
  add_app("phone", phone_password, {.expires = now_ + 10s});
  add_app("tablet", phone_password, {.expires = now_ + 10s});
  add_app("laptop", phone_password, {.expires = now_ + 30s});
  ASSERT_TRUE(store_.revoke_app_password("joe", "tablet", now_).value());
  ASSERT_TRUE(store_.set_expiry("joe", now_ + 20s, now_).value());
  now_ += 9999ms;
  EXPECT_TRUE(source_->take_expired().value().empty());
  now_ += 1ms;
  auto expired = source_->take_expired().value();
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].account, "joe");
  EXPECT_EQ(expired[0].credential, "phone");
  EXPECT_TRUE(source_->take_expired().value().empty());
  now_ += 25s;
  expired = source_->take_expired().value();
  ASSERT_EQ(expired.size(), 2U);
  EXPECT_FALSE(expired[0].credential);
  EXPECT_EQ(expired[1].credential, "laptop");
  EXPECT_TRUE(source_->take_expired().value().empty());
}

TEST_F(account_source_test, tells_what_was_revoked_or_expired_from_a_moment_on) {
  add_app("phone", phone_password, {.expires = now_ + 20s});
  add_app("tablet", phone_password);
  auto const begun = now_;
  ASSERT_TRUE(store_.revoke_app_password("joe", "tablet", now_).value());
  now_ += 10s;
  ASSERT_TRUE(store_.set_locked("joe", true, now_).value());
  now_ += 15s;
  EXPECT_EQ(source_->revoked_after(begun).value().size(), 3U);
  auto const later = source_->revoked_after(begun + 10s).value();
  ASSERT_EQ(later.size(), 2U);
  EXPECT_FALSE(later[0].credential);
  EXPECT_EQ(later[1].credential, "phone");
  EXPECT_TRUE(source_->revoked_after(now_).value().empty());
}

TEST_F(account_source_test, an_expiry_that_is_past_already_revokes_at_once) {
  auto stamp = source_->change_stamp().value();
  ASSERT_TRUE(store_.set_expiry("joe", now_ + 1s, now_).value());
  EXPECT_TRUE(source_->revoked_since(stamp).value().empty());
  stamp = source_->change_stamp().value();
  ASSERT_TRUE(store_.set_expiry("joe", now_, now_).value());
  auto const revoked = source_->revoked_since(stamp).value();
  ASSERT_EQ(revoked.size(), 1U);
  EXPECT_FALSE(revoked[0].credential);
}

TEST_F(account_source_test, use_is_written_down_late_and_is_no_change) {
  add_app("phone", phone_password);
  auto const stamp = source_->change_stamp().value();
  ASSERT_EQ(check("joe", "secret").code, verdict_code::accepted);
  now_ += 1s;
  ASSERT_EQ(check("joe", phone_password).code, verdict_code::accepted);
  source_.reset();
  usage_.reset();
  auto const joe = store_.load_account("joe").value().value();
  ASSERT_TRUE(joe.last_used && joe.app_passwords[0].last_used);
  EXPECT_EQ(joe.last_used->when, now_ - 1s);
  EXPECT_EQ(joe.app_passwords[0].last_used->when, now_);
  EXPECT_EQ(joe.app_passwords[0].last_used->address, "192.0.2.7");
  EXPECT_EQ(joe.app_passwords[0].last_used->service, "smtp");
  EXPECT_EQ(make()->change_stamp().value() & 0xffffffffU, stamp & 0xffffffffU);
}

TEST_F(account_source_test, a_missing_database_is_trouble_and_heals) {
  ASSERT_EQ(check("joe", "secret").code, verdict_code::accepted);
  std::filesystem::rename(accounts_.path(), accounts_.path() + ".away");
  auto const said = check("joe", "secret");
  EXPECT_EQ(said.code, verdict_code::store_unavailable);
  EXPECT_NE(said.detail.find(accounts_.path()), std::string::npos) << said.detail;
  EXPECT_FALSE(source_->exists("joe"));
  std::filesystem::rename(accounts_.path() + ".away", accounts_.path());
  EXPECT_EQ(check("joe", "secret").code, verdict_code::accepted);
}

}  // namespace
}  // namespace postern::auth
