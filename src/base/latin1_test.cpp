#include "base/latin1.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(latin1, every_octet_comes_back) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  EXPECT_EQ(latin1_of_utf8(utf8_of_latin1(all)), all);
  EXPECT_EQ(utf8_of_latin1("p\xe4ss"), "p\xc3\xa4ss");
}

TEST(latin1, what_it_has_no_room_for_is_refused) {
  EXPECT_EQ(latin1_of_utf8("\xc4\x80"), std::nullopt);          // U+0100
  EXPECT_EQ(latin1_of_utf8("\xe2\x82\xac"), std::nullopt);      // the euro
  EXPECT_EQ(latin1_of_utf8("\xf0\x9f\x94\x91"), std::nullopt);  // a key
  EXPECT_EQ(latin1_of_utf8("p\xe4ss"), std::nullopt);           // no UTF-8
}

}  // namespace
}  // namespace postern
