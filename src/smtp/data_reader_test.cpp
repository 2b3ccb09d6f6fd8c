#include "smtp/data_reader.hpp"

#include <random>

#include <gtest/gtest.h>

#include "smtp/dot_stuffer.hpp"

namespace postern::smtp {
namespace {

using namespace std::string_view_literals;

struct outcome {
  std::string content;
  std::string rest;  // what belongs to the next command
  bool ended = false;
  body_facts facts;
  bool operator==(outcome const& other) const {
    return content == other.content && rest == other.rest && ended == other.ended && facts.size == other.facts.size &&
           facts.too_large == other.facts.too_large && facts.bare_line_feed == other.facts.bare_line_feed &&
           facts.bare_carriage_return == other.facts.bare_carriage_return;
  }
};

// Feeds the input in the given pieces.
outcome read(body_rules const& rules, std::vector<std::string_view> const& inputs) {
  data_reader reader(rules);
  outcome out;
  for (auto const input : inputs) {
    std::vector<std::string_view> pieces;
    // A copy of its own for each piece: a view that outlives it is seen by the sanitizer.
    std::string const buffer(input);
    auto const progress = reader.feed(buffer, pieces);
    for (auto const piece : pieces) out.content += piece;
    out.ended = progress.ended;
    out.rest += buffer.substr(progress.consumed);
  }
  out.facts = reader.facts();
  return out;
}

// Whole, octet by octet, and cut in two at every place: always the same.
void expect_same_for_any_split(body_rules const& rules, std::string_view input, outcome const& whole) {
  std::vector<std::string_view> octets;
  for (std::size_t i = 0; i < input.size(); ++i) octets.push_back(input.substr(i, 1));
  EXPECT_EQ(read(rules, octets), whole) << "octet by octet: " << testing::PrintToString(input);
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    EXPECT_EQ(read(rules, {input.substr(0, cut), input.substr(cut)}), whole)
        << "cut at " << cut << ": " << testing::PrintToString(input);
  }
}

struct data_case {
  std::string_view name;
  std::string_view input;
  bare_newline newline;
  std::string_view content;
  bool ended;
  std::string_view rest;
};

constexpr auto loose = bare_newline::accept;
constexpr auto normal = bare_newline::normalize;

data_case const cases[] = {
    {"nothing", "", normal, "", false, ""},
    {"empty message", ".\r\n", normal, "", true, ""},
    {"one line", "a\r\n.\r\n", normal, "a\r\n", true, ""},
    {"next command stays", "a\r\n.\r\nQUIT\r\n", normal, "a\r\n", true, "QUIT\r\n"},
    {"stuffed dot", "..a\r\n.\r\n", normal, ".a\r\n", true, ""},
    {"two stuffed dots", "...\r\n.\r\n", normal, "..\r\n", true, ""},
    {"dot and text without stuffing", ".a\r\n.\r\n", normal, "a\r\n", true, ""},
    {"dots inside a line", "a.b.\r\n.\r\n", normal, "a.b.\r\n", true, ""},
    {"empty lines", "\r\n\r\n.\r\n", normal, "\r\n\r\n", true, ""},
    {"no end yet", "a\r\n.", normal, "a\r\n", false, ""},
    {"no end yet, after CR", "a\r\n.\r", normal, "a\r\n", false, ""},
    // the smuggling sequences, normalized
    {"LF . LF", "a\n.\nMAIL\r\n.\r\n", normal, "a\r\n\r\nMAIL\r\n", true, ""},
    {"LF . CRLF", "a\n.\r\nMAIL\r\n.\r\n", normal, "a\r\n\r\nMAIL\r\n", true, ""},
    {"CRLF . LF", "a\r\n.\nMAIL\r\n.\r\n", normal, "a\r\n\r\nMAIL\r\n", true, ""},
    {"CR . CRLF", "a\r.\r\nMAIL\r\n.\r\n", normal, "a .\r\nMAIL\r\n", true, ""},
    {"CRLF . CR", "a\r\n.\rMAIL\r\n.\r\n", normal, "a\r\n MAIL\r\n", true, ""},
    {"CR . CR", "a\r.\rMAIL\r\n.\r\n", normal, "a . MAIL\r\n", true, ""},
    {"CR . LF", "a\r.\nMAIL\r\n.\r\n", normal, "a .\r\nMAIL\r\n", true, ""},
    {"LF . CR", "a\n.\rMAIL\r\n.\r\n", normal, "a\r\n MAIL\r\n", true, ""},
    {"CR CR LF . CRLF", "a\r\r\n.\r\nQUIT\r\n", normal, "a \r\n", true, "QUIT\r\n"},
    {"CRLF . CR CR LF", "a\r\n.\r\r\nMAIL\r\n.\r\n", normal, "a\r\n \r\nMAIL\r\n", true, ""},
    {"CRLF NUL . CRLF", "a\r\n\0.\r\nb\r\n.\r\n"sv, normal, "a\r\n\0.\r\nb\r\n"sv, true, ""},
    {"CRLF . NUL CRLF", "a\r\n.\0\r\nb\r\n.\r\n"sv, normal, "a\r\n\0\r\nb\r\n"sv, true, ""},
    {"CR NUL LF . CRLF", "a\r\0\n.\r\nb\r\n.\r\n"sv, normal, "a \0\r\n\r\nb\r\n"sv, true, ""},
    {"CRLF . CR NUL LF", "a\r\n.\r\0\nb\r\n.\r\n"sv, normal, "a\r\n \0\r\nb\r\n"sv, true, ""},
    {"LF NUL . CRLF", "a\n\0.\r\nb\r\n.\r\n"sv, normal, "a\r\n\0.\r\nb\r\n"sv, true, ""},
    {"LF alone everywhere never ends", "a\nb\n.\n", normal, "a\r\nb\r\n\r\n", false, ""},
    {"first line . LF", ".\na\r\n.\r\n", normal, "\r\na\r\n", true, ""},
    // as the old servers had it
    {"loose LF . LF", "a\n.\nMAIL\r\n", loose, "a\r\n", true, "MAIL\r\n"},
    {"loose LF . CRLF", "a\n.\r\nMAIL\r\n", loose, "a\r\n", true, "MAIL\r\n"},
    {"loose CRLF . LF", "a\r\n.\nMAIL\r\n", loose, "a\r\n", true, "MAIL\r\n"},
    {"loose CR . CRLF is none", "a\r.\r\nMAIL\r\n.\r\n", loose, "a .\r\nMAIL\r\n", true, ""},
};

TEST(data_reader, reads_its_cases_in_any_split) {
  for (auto const& test : cases) {
    SCOPED_TRACE(test.name);
    body_rules const rules{.newline = test.newline};
    auto const whole = read(rules, {test.input});
    EXPECT_EQ(whole.content, test.content);
    EXPECT_EQ(whole.ended, test.ended);
    EXPECT_EQ(whole.rest, test.rest);
    EXPECT_EQ(whole.facts.size, test.content.size());
    expect_same_for_any_split(rules, test.input, whole);
  }
}

TEST(data_reader, tells_of_bare_line_ends) {
  struct {
    std::string_view input;
    bool lf, cr;
  } const facts[] = {
      {"a\r\n.\r\n", false, false},   {"a\n.\r\n\r\n.\r\n", true, false}, {"a\r\n.\n\r\n.\r\n", true, false},
      {"a\rb\r\n.\r\n", false, true}, {"\n\r\r\n.\r\n", true, true},      {"a\r\n.\rb\r\n.\r\n", false, true},
  };
  for (auto const& test : facts) {
    auto const out = read({.newline = bare_newline::reject}, {test.input});
    EXPECT_TRUE(out.ended) << testing::PrintToString(test.input);
    EXPECT_EQ(out.facts.bare_line_feed, test.lf) << testing::PrintToString(test.input);
    EXPECT_EQ(out.facts.bare_carriage_return, test.cr) << testing::PrintToString(test.input);
  }
}

TEST(data_reader, keeps_bare_cr_when_told) {
  auto const out = read({.newline = normal, .replace_bare_cr = false}, {"a\rb\r\n.\r\n"});
  EXPECT_EQ(out.content, "a\rb\r\n");
}

TEST(data_reader, throws_away_what_is_too_large_and_finds_the_end) {
  std::string const input = "12345678\r\nabcdefgh\r\n.\r\nNOOP\r\n";
  for (std::uint64_t limit = 1; limit < 25; ++limit) {
    auto const out = read({.newline = normal, .size_limit = limit}, {input});
    EXPECT_TRUE(out.ended);
    EXPECT_EQ(out.rest, "NOOP\r\n");
    EXPECT_EQ(out.facts.size, 20U);
    EXPECT_EQ(out.facts.too_large, limit < 20);
    EXPECT_LE(out.content.size(), limit);
  }
}

TEST(data_reader, hands_ordinary_lines_on_as_one_view) {
  std::string input;
  for (int i = 0; i < 100; ++i) input += "an ordinary line of text\r\n";
  std::string const whole = input + ".\r\n";
  data_reader reader(body_rules{});
  std::vector<std::string_view> pieces;
  EXPECT_TRUE(reader.feed(whole, pieces).ended);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].data(), whole.data());
  EXPECT_EQ(pieces[0], input);
}

TEST(data_reader, reads_a_second_message_after_reset) {
  data_reader reader(body_rules{});
  std::vector<std::string_view> pieces;
  EXPECT_TRUE(reader.feed("a\n\r.\r\n.\r\n", pieces).ended);
  reader.reset(body_rules{});
  pieces.clear();
  auto const progress = reader.feed(".\r\nRSET", pieces);
  EXPECT_TRUE(progress.ended);
  EXPECT_EQ(progress.consumed, 3U);
  EXPECT_TRUE(pieces.empty());
}

// Content in wire form that goes through the stuffer comes back through the reader as it was.
TEST(data_reader, undoes_what_the_stuffer_does) {
  std::mt19937 random(1);  // NOLINT: the same texts in every run
  constexpr std::string_view letters[] = {".", "..", "\r\n", "a", "\r\n.", "\r\n\r\n", "xyz"};
  for (int round = 0; round < 2'000; ++round) {
    std::string content;
    for (int i = 0; i < 12; ++i) content += letters[random() % std::size(letters)];
    content += "\r\n";
    dot_stuffer stuffer(0);
    std::vector<std::string_view> pieces;
    auto const cut = random() % content.size();
    std::string const first = content.substr(0, cut);
    std::string const second = content.substr(cut);
    stuffer.feed(first, pieces);
    stuffer.feed(second, pieces);
    stuffer.finish(pieces);
    std::string wire;
    for (auto const piece : pieces) wire += piece;
    auto const out = read({.newline = bare_newline::reject}, {wire});
    EXPECT_TRUE(out.ended);
    EXPECT_EQ(out.content, content);
    EXPECT_FALSE(out.facts.bare_line_feed);
  }
}

}  // namespace
}  // namespace postern::smtp
