#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(utf8, takes_what_rfc_3629_allows) {
  for (std::string_view good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf",
                                "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "pässwörd €"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
}

TEST(utf8, refuses_the_rest) {
  for (std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\x80", "\xed\xa0\x80", "\xe2\x82",
        "\xe2\x82z", "\xf0\x8f\x80\x80", "\xf4\x90\x80\x80", "\xf0\x90\x80", "\xf5\x80\x80\x80", "\xff", "p\xe4ss"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(utf8, cut_anywhere_inside_a_character_is_refused) {
  std::string_view const euro = "\xf0\x9f\x93\xa7";
  for (std::size_t cut = 1; cut < euro.size(); ++cut) EXPECT_FALSE(is_utf8(euro.substr(0, cut))) << cut;
  EXPECT_TRUE(is_utf8(euro));
}

}  // namespace
}  // namespace postern
