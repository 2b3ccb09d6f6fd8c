#include "sasl/saslprep.hpp"

#include <gtest/gtest.h>

namespace postern::sasl {
namespace {

using namespace std::string_view_literals;

struct row {
  std::string_view name;
  std::string_view text;
  std::expected<std::string_view, saslprep_error> want;
};
row const rows[] = {
    {"RFC 4013 §3 #1: soft hyphen", "I\xc2\xadX", "IX"},
    {"RFC 4013 §3 #2: no transformation", "user", "user"},
    {"RFC 4013 §3 #3: case stays", "USER", "USER"},
    {"RFC 4013 §3 #4: NFKC", "\xc2\xaa", "a"},
    {"RFC 4013 §3 #5: NFKC", "\xe2\x85\xa8", "IX"},
    {"RFC 4013 §3 #6: BEL", "\x07", std::unexpected(saslprep_error::prohibited)},
    {"RFC 4013 §3 #7: bidi", "\xd8\xa7\x31", std::unexpected(saslprep_error::bidirectional)},
    {"right to left alone", "\xd8\xa7\x31\xd8\xa8", "\xd8\xa7\x31\xd8\xa8"},
    {"no-break space",
     "a\xc2\xa0"
     "b",
     "a b"},
    {"decomposed", "pa\xcc\x88ss", "p\xc3\xa4ss"},
    {"DEL", "a\x7f", std::unexpected(saslprep_error::prohibited)},
    {"NUL", "a\0b"sv, std::unexpected(saslprep_error::prohibited)},
    {"private use", "\xee\x80\x80", std::unexpected(saslprep_error::prohibited)},
    {"newer than Unicode 3.2", "\xf0\x9f\x94\x91", std::unexpected(saslprep_error::unassigned)},
    {"Latin-1", "p\xe4ss", std::unexpected(saslprep_error::not_utf8)},
    {"surrogate", "\xed\xa0\x80", std::unexpected(saslprep_error::not_utf8)},
    {"empty", "", ""},
    {"one unit becomes 18", "\xef\xb7\xba",
     "\xd8\xb5\xd9\x84\xd9\x89 \xd8\xa7\xd9\x84\xd9\x84\xd9\x87 \xd8\xb9\xd9\x84\xd9\x8a\xd9\x87 "
     "\xd9\x88\xd8\xb3\xd9\x84\xd9\x85"},
};

TEST(saslprep, agrees_with_the_vectors) {
  for (auto const& [name, text, want] : rows) {
    auto const got = saslprep(text, saslprep_use::stored);
    ASSERT_EQ(got.has_value(), want.has_value()) << name;
    if (want) {
      EXPECT_EQ(*got, *want) << name;
    } else {
      EXPECT_EQ(got.error(), want.error()) << name;
    }
  }
}

TEST(saslprep, lets_unassigned_code_points_pass_in_queries) {
  EXPECT_EQ(saslprep("\xf0\x9f\x94\x91", saslprep_use::query), "\xf0\x9f\x94\x91");
}

TEST(saslprep, long_text_fits) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\xef\xb7\xba";
  auto const prepared = saslprep(text, saslprep_use::stored);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->size(), 33'000U);
}

TEST(prepare_password, prepares_or_leaves_alone) {
  EXPECT_EQ(prepare_password(secret("pa\xcc\x88ss")).reveal(), "p\xc3\xa4ss");
  EXPECT_EQ(prepare_password(secret("\xf0\x9f\x94\x91")).reveal(), "\xf0\x9f\x94\x91");
  EXPECT_EQ(prepare_password(secret("p\xe4ss")).reveal(), "p\xe4ss");
  EXPECT_EQ(prepare_password(secret("\xc2\xad")).reveal(), "\xc2\xad");
}

}  // namespace
}  // namespace postern::sasl
