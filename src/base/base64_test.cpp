#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

struct row {
  std::string_view octets;
  std::string_view text;
};

constexpr row rfc4648_section_10[] = {{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}};

TEST(base64, agrees_with_the_vectors_of_rfc_4648) {
  for (auto const& [octets, text] : rfc4648_section_10) {
    EXPECT_EQ(encode_base64(octets), text);
    EXPECT_EQ(decode_base64(text), octets);
  }
}

TEST(base64, refuses_what_is_not_whole) {
  for (std::string_view bad : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "=m8=", "Zg==Zg==", "Zm 8", "Zm8\n", "Zm8*", "===="}) {
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace postern
