#include "auth/account_name.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

struct row {
  std::string_view login;
  std::string_view want;
};
constexpr row good[] = {{"joe", "joe"},
                        {"JOE", "joe"},
                        {"Joe@Mail.Example.ORG", "joe"},
                        {"joe@example.org", "joe"},
                        {"joe@example.org.", "joe"},
                        {"joe@other.example", "joe@other.example"},
                        {"JOE@Other.Example", "joe@other.example"},
                        {"joe+phone@example.org", "joe+phone"},
                        {"a.b_c-d=e", "a.b_c-d=e"},
                        {"jörg@example.org", "jörg"}};

account_names names() { return account_names({"mail.example.org", " Example.org. ", ""}); }

TEST(account_name, local_domains_fall_away_and_others_stay) {
  for (auto const& [login, want] : good) EXPECT_EQ(names().canonical(login).value_or("refused"), want) << login;
}

TEST(account_name, a_canonical_name_is_its_own) {
  for (auto const& [login, want] : good) EXPECT_EQ(names().canonical(want).value_or("refused"), want);
}

TEST(account_name, without_local_domains_every_domain_stays) {
  EXPECT_EQ(account_names({}).canonical("joe@example.org").value(), "joe@example.org");
}

TEST(account_name, refuses_what_cannot_be_a_name) {
  using namespace std::string_view_literals;
  for (std::string_view bad :
       {""sv, "@"sv, "joe@"sv, "@example.org"sv, "a@b@c"sv, "a b"sv, "a/b"sv, "../etc"sv, ".joe"sv, "-joe"sv,
        "joe@-x"sv, "joe@.x"sv, "joe\0"sv, "joe\t"sv, "joe\n"sv, "j\xf6rg"sv, "joe@a/b"sv, "joe@."sv}) {
    EXPECT_FALSE(names().canonical(bad)) << bad;
  }
  EXPECT_TRUE(names().canonical(std::string(254, 'x')));
  EXPECT_FALSE(names().canonical(std::string(255, 'x')));
}

}  // namespace
}  // namespace postern::auth
