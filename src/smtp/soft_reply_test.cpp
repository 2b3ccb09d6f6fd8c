#include "smtp/soft_reply.hpp"

#include <gtest/gtest.h>

namespace postern::smtp {
namespace {

TEST(soft_reply, replies) {
  struct row {
    char const* text;
    char const* want;
  };
  row const rows[] = {
      {"", ""},
      {"250 2.1.0 Ok\r\n", "250 2.1.0 Ok\r\n"},
      {"550 5.7.1 no\r\n", "450 4.7.1 no\r\n"},
      {"550-5.7.1 no\r\n550 5.7.1 never\r\n", "450-4.7.1 no\r\n450 4.7.1 never\r\n"},
      {"250 2.1.0 Ok\r\n554 5.7.1 no\r\n421 4.7.0 bye\r\n", "250 2.1.0 Ok\r\n454 4.7.1 no\r\n421 4.7.0 bye\r\n"},
      {"500 5 apples\r\n", "400 5 apples\r\n"},
      {"502\r\n", "402\r\n"},
      {"5", "4"},
      {"450 5.1.1 odd\r\n", "450 5.1.1 odd\r\n"},
  };
  for (auto const& row : rows) EXPECT_EQ(soften(row.text), row.want);
}

TEST(soft_reply, codes) {
  int code = 554;
  std::string enhanced = "5.7.1";
  soften(code, enhanced);
  EXPECT_EQ(code, 454);
  EXPECT_EQ(enhanced, "4.7.1");
  soften(code, enhanced);
  EXPECT_EQ(code, 454);
  code = 550;
  enhanced.clear();
  soften(code, enhanced);
  EXPECT_EQ(code, 450);
  EXPECT_EQ(enhanced, "");
}

}  // namespace
}  // namespace postern::smtp
