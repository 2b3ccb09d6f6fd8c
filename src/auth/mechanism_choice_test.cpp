#include "auth/mechanism_choice.hpp"

#include <gtest/gtest.h>

#include "auth/test_source.hpp"

namespace postern::auth {
namespace {

source_list one_source(test_source::script script) {
  source_list list;
  list.push_back(std::make_unique<test_source>(std::make_shared<test_source::script>(std::move(script))));
  return list;
}

struct row {
  std::string_view name;
  test_source::script source;
  std::string_view mechanism;
  std::string_view why;  ///< empty: it is offered
};

TEST(mechanism_choice, says_why_one_is_left_out) {
  row const rows[] = {
      {"pam and PLAIN", {.name = "pam", .secrets = false}, "plain", ""},
      {"pam and SCRAM",
       {.name = "pam", .secrets = false},
       "SCRAM-SHA-256",
       "no verifiers are kept: pam can only say whether a password is right"},
      {"pam and CRAM-MD5",
       {.name = "pam", .secrets = false},
       "CRAM-MD5",
       "no passwords are kept in a form that it can use: pam can only say whether a password is right"},
      {"sasldb and SCRAM", {.name = "sasldb"}, "SCRAM-SHA-256", ""},
      {"verifiers of some users",
       {.name = "sasldb", .scram_for_all = false},
       "SCRAM-SHA-256",
       "not every account has a verifier for it"},
      {"no such name", {}, "rot13", "there is no such mechanism"},
      {"no keytab", {}, "GSSAPI", "there is no keytab"},
  };
  for (auto const& [name, source, mechanism, why] : rows) {
    auto const sources = one_source(source);
    std::string const named[] = {std::string(mechanism)};
    auto const choice = choose_mechanisms(named, {.sources = sources});
    ASSERT_EQ(choice.left_out.size(), why.empty() ? 0U : 1U) << name;
    EXPECT_EQ(choice.offered.size(), why.empty() ? 1U : 0U) << name;
    if (!why.empty()) EXPECT_EQ(choice.left_out[0].why, why) << name;
  }
}

}  // namespace
}  // namespace postern::auth
