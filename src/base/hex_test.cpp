#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

using namespace std::string_view_literals;

TEST(hex, there_and_back) {
  EXPECT_EQ(encode_hex("\x00\x7f\x80\xff"sv), "007f80ff");
  EXPECT_EQ(encode_hex(""), "");
  EXPECT_EQ(decode_hex("007F80fF"), "\x00\x7f\x80\xff"sv);
  EXPECT_EQ(decode_hex(""), "");
}

TEST(hex, refuses_what_is_none) {
  for (std::string_view const text : {"0", "0g", "g0", " 0", "0x00", "000"}) EXPECT_EQ(decode_hex(text), std::nullopt);
}

}  // namespace
}  // namespace postern
