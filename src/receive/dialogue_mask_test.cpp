#include "receive/dialogue_mask.hpp"

#include <gtest/gtest.h>

namespace postern::receive {
namespace {

TEST(dialogue_mask, hides_what_may_be_a_login) {
  struct row {
    char const* line;
    char const* shown;
  };
  for (auto [line, shown] : {
           row{"EHLO mail.example.com", "EHLO mail.example.com"},
           row{"AUTH PLAIN", "AUTH PLAIN"},
           row{"AUTH PLAIN AGpvZQBwdw==", "AUTH PLAIN [credentials]"},
           row{"auth plain AGpvZQBwdw==", "AUTH PLAIN [credentials]"},
           row{"AUTH\tPLAIN\tAGpvZQBwdw==", "AUTH PLAIN [credentials]"},
           row{" AUTH  PLAIN  AGpvZQBwdw== x", "AUTH PLAIN [credentials]"},
           row{"AUTH AGpvZQBwdw==", "AUTH [credentials]"},
           row{"AUTH", "AUTH"},
           row{"MAIL FROM:<a@example.com> AUTH=<>", "MAIL FROM:<a@example.com> AUTH=<>"},
           row{"nonsense", "nonsense"},
           row{"a\x01z", "a?z"},
       }) {
    EXPECT_EQ(dialogue_mask().apply(line, false), shown) << line;
    EXPECT_EQ(dialogue_mask().apply(line, true), "[credentials]") << line;
  }
}

TEST(dialogue_mask, hides_what_follows_a_refused_auth) {
  dialogue_mask mask;
  mask.apply("AUTH LOGIN", false);
  EXPECT_EQ(mask.apply("am9l", false), "[not a command]");
  EXPECT_EQ(mask.apply("", false), "[not a command]");
  EXPECT_EQ(mask.apply("QUIT", false), "QUIT");
  dialogue_mask late;
  late.pass_over(" auth LOGIN");
  EXPECT_EQ(late.apply("am9l", false), "[not a command]");
}

}  // namespace
}  // namespace postern::receive
