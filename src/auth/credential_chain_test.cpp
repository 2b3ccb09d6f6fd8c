#include "auth/credential_chain.hpp"

#include <gtest/gtest.h>

#include "auth/test_source.hpp"

namespace postern::auth {
namespace {

using script = test_source::script;
using script_pointer = std::shared_ptr<script>;

script_pointer make(script what) { return std::make_shared<script>(std::move(what)); }

credential_chain chain_of(std::vector<script_pointer> const& scripts, bool hand_on = false) {
  source_list list;
  for (auto const& one : scripts) list.push_back(std::make_unique<test_source>(one));
  return credential_chain(std::move(list), hand_on);
}

login user(std::string_view name, std::string_view authzid = "") {
  return {.user = std::string(name), .authzid = std::string(authzid), .service = "smtp"};
}

script_pointer first() {
  return make(
      {.name = "first",
       .users = {{"joe", {.password = "one"}}, {"lou", {.password = "one", .standing = verdict_code::locked}}}});
}
script_pointer second() {
  return make({.name = "second",
               .users = {{"joe", {.password = "two"}}, {"ann", {.password = "two"}}, {"lou", {.password = "two"}}}});
}
script_pointer broken() { return make({.name = "broken", .broken = true}); }

struct row {
  std::string_view user;
  std::string_view password;
  verdict_code want;
  std::string_view source;
};
constexpr row rows[] = {{"joe", "one", verdict_code::accepted, "first"},
                        {"JOE", "two", verdict_code::accepted, "second"},
                        {"ann", "two", verdict_code::accepted, "second"},
                        {"joe", "three", verdict_code::wrong_password, "first"},
                        {"ann", "three", verdict_code::wrong_password, "second"},
                        {"bob", "one", verdict_code::unknown_user, "first"},
                        {"lou", "one", verdict_code::locked, "first"}};

TEST(credential_chain, the_first_that_says_yes_decides) {
  auto chain = chain_of({first(), second()});
  for (auto const& [name, password, want, source] : rows) {
    auto const said = chain.check_password(user(name), secret(password));
    EXPECT_EQ(said.code, want) << name << " " << password;
    EXPECT_EQ(said.source, source) << name << " " << password;
  }
}

TEST(credential_chain, nobody_is_told_wrong_while_a_source_could_not_be_asked) {
  for (auto const& scripts : {std::vector{broken(), first()}, std::vector{first(), broken()}}) {
    auto chain = chain_of(scripts);
    EXPECT_EQ(chain.check_password(user("joe"), secret("one")).code, verdict_code::accepted);
    EXPECT_EQ(chain.check_password(user("joe"), secret("bad")).code, verdict_code::store_unavailable);
    EXPECT_EQ(chain.check_password(user("bob"), secret("bad")).detail, "it is broken");
    EXPECT_EQ(chain.load_scram(user("joe"), crypto::hash_algorithm::sha256).standing.code, verdict_code::accepted);
    EXPECT_EQ(chain.load_scram(user("bob"), crypto::hash_algorithm::sha256).standing.code,
              verdict_code::store_unavailable);
  }
}

TEST(credential_chain, secrets_come_from_who_holds_them) {
  auto no_secrets = first();
  no_secrets->secrets = false;
  auto chain = chain_of({no_secrets, second()});
  auto const keys = chain.load_scram(user("joe"), crypto::hash_algorithm::sha256);
  EXPECT_EQ(keys.standing.source, "second");
  EXPECT_EQ(keys.found->keys.size(), 1U);
  EXPECT_EQ(chain.load_shared_secret(user("ann"), "CRAM-MD5").found->value.reveal(), "two");
  EXPECT_EQ(chain.load_shared_secret(user("bob"), "CRAM-MD5").standing.code, verdict_code::unknown_user);
  EXPECT_EQ(chain_of({no_secrets}).load_scram(user("joe"), crypto::hash_algorithm::sha256).standing.detail,
            "no source of credentials holds what this mechanism needs");
}

TEST(credential_chain, admits_by_the_source_that_proved_the_login) {
  auto chain = chain_of({first(), second()});
  EXPECT_EQ(chain.admit(user("lou"), "second", "").code, verdict_code::accepted);
  EXPECT_EQ(chain.admit(user("lou"), "first", "").code, verdict_code::locked);
  EXPECT_EQ(chain.admit(user("ann"), "", "").source, "second");
  EXPECT_EQ(chain.admit(user("bob"), "", "").code, verdict_code::unknown_user);
  EXPECT_EQ(chain.admit(user("joe"), "first", "phone").credential, "phone");
}

struct authzid_row {
  std::string_view authzid;
  verdict_code want;
};
constexpr authzid_row authzids[] = {{"", verdict_code::accepted},
                                    {"joe", verdict_code::accepted},
                                    {"JOE", verdict_code::accepted},
                                    {"ann", verdict_code::not_authorized},
                                    {"joe@example.org", verdict_code::not_authorized}};

TEST(credential_chain, nobody_acts_for_somebody_else) {
  auto chain = chain_of({first()});
  for (auto const& [authzid, want] : authzids) {
    EXPECT_EQ(chain.check_password(user("joe", authzid), secret("one")).code, want) << authzid;
    EXPECT_EQ(chain.admit(user("joe", authzid), "first", "").code, want) << authzid;
  }
}

TEST(credential_chain, hands_a_right_password_on_to_who_has_none_yet) {
  auto saslauthd = make({.name = "saslauthd", .users = {{"joe", {.password = "pw"}}}, .secrets = false});
  auto sasldb = make({.name = "sasldb", .passwords = false});
  auto chain = chain_of({saslauthd, sasldb}, true);
  EXPECT_EQ(chain.check_password(user("joe"), secret("bad")).code, verdict_code::wrong_password);
  EXPECT_TRUE(sasldb->stored.empty());
  EXPECT_EQ(chain.check_password(user("joe"), secret("pw")).code, verdict_code::accepted);
  EXPECT_EQ(sasldb->stored, std::vector<std::string>{"joe=pw"});
  sasldb->users["joe"] = {.password = "pw"};
  EXPECT_EQ(chain.check_password(user("joe"), secret("pw")).code, verdict_code::accepted);
  EXPECT_EQ(sasldb->stored.size(), 1U);
}

TEST(credential_chain, without_sources_nobody_is_known) {
  auto chain = chain_of({});
  EXPECT_EQ(chain.check_password(user("joe"), secret("one")).code, verdict_code::unknown_user);
  EXPECT_EQ(chain.admit(user("joe"), "", "").code, verdict_code::unknown_user);
  EXPECT_EQ(chain.canonical(user("joe"), sasl::credential_need::verify_plain), "");
}

}  // namespace
}  // namespace postern::auth
