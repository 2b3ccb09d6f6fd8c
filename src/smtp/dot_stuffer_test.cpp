#include "smtp/dot_stuffer.hpp"

#include <string>

#include <gtest/gtest.h>

namespace postern::smtp {
namespace {

std::string stuff(std::size_t limit, std::vector<std::string_view> const& inputs) {
  dot_stuffer stuffer(limit);
  std::string out;
  for (auto const input : inputs) {
    std::string const buffer(input);
    std::vector<std::string_view> pieces;
    stuffer.feed(buffer, pieces);
    for (auto const piece : pieces) out += piece;
  }
  std::vector<std::string_view> pieces;
  stuffer.finish(pieces);
  for (auto const piece : pieces) out += piece;
  return out;
}

TEST(dot_stuffer, stuffs_its_cases_in_any_split) {
  struct {
    std::string_view name;
    std::size_t limit;
    std::string_view input, want;
  } const cases[] = {
      {"nothing", 998, "", ".\r\n"},
      {"plain", 998, "a\r\nb\r\n", "a\r\nb\r\n.\r\n"},
      {"dot", 998, ".\r\n", "..\r\n.\r\n"},
      {"dots", 998, "..a\r\n.b\r\nc.\r\n", "...a\r\n..b\r\nc.\r\n.\r\n"},
      {"no line end", 998, "a", "a\r\n.\r\n"},
      {"bare LF hides no end", 998, "a\n.\n", "a . \r\n.\r\n"},
      {"bare CR hides no end", 998, "a\r.\r\n", "a .\r\n.\r\n"},
      {"CR at the end", 998, "a\r", "a\r\n.\r\n"},
      {"CR CR LF", 998, "a\r\r\n", "a \r\n.\r\n"},
      {"exactly the limit", 4, "abcd\r\n", "abcd\r\n.\r\n"},
      {"one more", 4, "abcde\r\n", "abcd\r\n e\r\n.\r\n"},
      {"much more", 4, "abcdefghij\r\nk\r\n", "abcd\r\n efg\r\n hij\r\nk\r\n.\r\n"},
      {"no UTF-8 sequence is cut", 4, "abc\xC3\xB6z\r\n", "abc\r\n \xC3\xB6z\r\n.\r\n"},
      {"no limit", 0, "abcdefghij\r\n", "abcdefghij\r\n.\r\n"},
  };
  for (auto const& test : cases) {
    EXPECT_EQ(stuff(test.limit, {test.input}), test.want) << test.name;
    // A fold knows nothing of a sequence whose rest has not come yet, so those cases are only fed whole.
    if (test.limit == 4) continue;
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < test.input.size(); ++i) octets.push_back(test.input.substr(i, 1));
    EXPECT_EQ(stuff(test.limit, octets), test.want) << test.name;
    for (std::size_t cut = 0; cut <= test.input.size(); ++cut) {
      EXPECT_EQ(stuff(test.limit, {test.input.substr(0, cut), test.input.substr(cut)}), test.want) << test.name << cut;
    }
  }
}

TEST(dot_stuffer, keeps_every_line_within_the_limit_in_any_split) {
  std::string const input = "1234567890123\r\n.abcdefgh\r\nshort\r\n" + std::string(5'000, 'x') + "\r\n";
  for (std::size_t piece = 1; piece < 40; ++piece) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < input.size(); at += piece)
      pieces.push_back(std::string_view(input).substr(at, piece));
    auto const wire = stuff(8, pieces);
    std::size_t octets = 0;
    for (std::size_t start = 0; start < wire.size();) {
      auto const end = wire.find("\r\n", start);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end - start, 9U) << piece;  // one octet more for the stuffed dot
      octets += end - start;
      start = end + 2;
    }
    EXPECT_GE(octets, 5'028U);
  }
}

TEST(dot_stuffer, hands_ordinary_lines_on_as_one_view) {
  std::string input;
  for (int i = 0; i < 100; ++i) input += "an ordinary line of text\r\n";
  dot_stuffer stuffer;
  std::vector<std::string_view> pieces;
  stuffer.feed(input, pieces);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].data(), input.data());
}

}  // namespace
}  // namespace postern::smtp
