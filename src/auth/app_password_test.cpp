#include "auth/app_password.hpp"

#include <set>

#include <gtest/gtest.h>

#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

TEST(app_password, made_ones_have_five_groups_without_look_alikes_and_differ) {
  std::set<std::string> seen;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    std::string const made(make_app_password().reveal());
    ASSERT_EQ(made.size(), 24U);
    for (std::size_t at = 0; at < made.size(); ++at) {
      if (at % 5 == 4) {
        EXPECT_EQ(made[at], '-') << made;
      } else {
        letters.insert(made[at]);
      }
    }
    EXPECT_TRUE(seen.insert(made).second);
  }
  EXPECT_EQ(std::string(letters.begin(), letters.end()), "abcdefghjkmnpqrstuvwxyz");
}

struct row {
  std::string_view typed;
  bool want;
};
constexpr row rows[] = {{"abcd-efgh-jkmn-pqrs-tuvw", true},
                        {"abcdefghjkmnpqrstuvw", true},
                        {"Abcd efgh jkmn pqrs tuvw", true},
                        {" ABCD-EFGH JKMNPQRS-TUVW ", true},
                        {"abcd-efgh-jkmn-pqrs-tuv", false},
                        {"abcd-efgh-jkmn-pqrs-tuvwx", false},
                        {"abcd-efgh-ikmn-pqrs-tuvw", false},
                        {"abcd-efgh-jkmn-pqrs-tuv1", false},
                        {"correct horse battery", false},
                        {"", false},
                        {"----------------------------------------", false},
                        {"abcd-efgh-jkmn-pqrs-tuvw-----------------", false}};

TEST(app_password, is_known_by_its_form) {
  for (auto const& [typed, want] : rows) {
    auto const letters = parse_app_password(secret(typed));
    EXPECT_EQ(letters.has_value(), want) << typed;
    if (letters) EXPECT_EQ(letters->reveal(), "abcdefghjkmnpqrstuvw") << typed;
  }
}

TEST(app_password, its_verifiers_take_it_however_it_is_typed_and_no_other) {
  secret const shown("abcd-efgh-jkmn-pqrs-tuvw");
  auto const salts = make_scram_salts();
  auto const made = make_app_verifiers(shown, sasl::scram_iterations_min, salts).value();
  for (auto const& [typed, want] : rows) {
    auto const letters = parse_app_password(secret(typed));
    if (letters) EXPECT_TRUE(verify_app_password(made.sha_256, *letters)) << typed;
  }
  EXPECT_FALSE(verify_app_password(made.sha_256, parse_app_password(make_app_password()).value()));
  auto const sha_512 = crypto::hash_algorithm::sha512;
  EXPECT_EQ(sasl::parse_scram_verifier(sha_512, made.scram_sha_512).value(),
            sasl::make_scram_verifier(sha_512, shown, salts.sha_512, sasl::scram_iterations_min));
  EXPECT_TRUE(made.argon2id.empty());
  EXPECT_FALSE(make_app_verifiers(secret("secret"), sasl::scram_iterations_min, salts));
  for (std::string_view const damaged : {"", ",", "abc", "!,!", "AAAA,"}) {
    EXPECT_FALSE(verify_app_password(damaged, parse_app_password(shown).value())) << damaged;
  }
}

TEST(app_password, names_and_scopes_are_checked) {
  for (std::string_view const good : {"phone", "old laptop", "büro", "x"}) EXPECT_TRUE(check_app_password_name(good));
  for (std::string_view const bad : {"", "a,b", "a\tb", "a\n", "b\xfcro"}) EXPECT_FALSE(check_app_password_name(bad));
  EXPECT_FALSE(check_app_password_name(std::string(65, 'x')));
  EXPECT_EQ(parse_app_scopes("smtp,IMAP, smtp").value(), (std::vector<std::string>{"smtp", "imap"}));
  EXPECT_FALSE(parse_app_scopes(""));
  auto const wrong = parse_app_scopes("smtp,pop");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().text.find("\"pop\""), std::string::npos);
}

}  // namespace
}  // namespace postern::auth
