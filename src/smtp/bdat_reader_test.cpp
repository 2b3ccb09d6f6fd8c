#include "smtp/bdat_reader.hpp"

#include <string>

#include <gtest/gtest.h>

namespace postern::smtp {
namespace {

using namespace std::string_view_literals;

struct chunk {
  std::string_view octets;
  bool last = false;
  bool discard = false;
};

struct outcome {
  std::string content;
  body_facts facts;
};

// Feeds the chunks in pieces of at most `piece` octets, each behind the octets of a command that are not its own.
outcome read(body_rules const& rules, std::vector<chunk> const& chunks, std::size_t piece) {
  bdat_reader reader(rules);
  outcome out;
  for (auto const& part : chunks) {
    reader.begin_chunk(part.octets.size(), part.last, part.discard);
    std::string const stream = std::string(part.octets) + "NOOP\r\n";
    std::size_t position = 0;
    for (bool ended = false; !ended;) {
      std::string const buffer = stream.substr(position, piece);
      std::vector<std::string_view> pieces;
      auto const progress = reader.feed(buffer, pieces);
      for (auto const view : pieces) out.content += view;
      position += progress.consumed;
      ended = progress.chunk_ended;
    }
    EXPECT_EQ(stream.substr(position), "NOOP\r\n");
  }
  out.facts = reader.facts();
  return out;
}

struct bdat_case {
  std::string_view name;
  std::vector<chunk> chunks;
  std::string_view content;
  bool bare_lf = false, bare_cr = false;
};

TEST(bdat_reader, reads_its_cases_in_any_split) {
  bdat_case const cases[] = {
      {"one chunk", {{"a\r\nb\r\n", true}}, "a\r\nb\r\n"},
      {"empty last chunk", {{"a\r\n"}, {"", true}}, "a\r\n"},
      {"empty message", {{"", true}}, ""},
      {"dots mean nothing", {{".\r\n..a\r\n.\r\n", true}}, ".\r\n..a\r\n.\r\n"},
      {"cut between CR and LF", {{"a\r"}, {"\nb\r\n", true}}, "a\r\nb\r\n"},
      {"no line end at the end", {{"a\r\nb", true}}, "a\r\nb\r\n"},
      {"line across chunks", {{"a"}, {"b", true}}, "ab\r\n"},
      {"bare LF", {{"a\nb\n", true}}, "a\r\nb\r\n", true, false},
      {"bare CR", {{"a\rb\r\n", true}}, "a b\r\n", false, true},
      {"CR at the very end", {{"a\r", true}}, "a \r\n", false, true},
      {"CR CR LF across chunks", {{"a\r"}, {"\r\n", true}}, "a \r\n", false, true},
      {"NUL stays", {{"a\0b\r\n"sv, true}}, "a\0b\r\n"sv},
      {"smuggling has no meaning", {{"a\n.\nMAIL FROM:<>\r.\r\n", true}}, "a\r\n.\r\nMAIL FROM:<> .\r\n", true, true},
      {"refused chunk", {{"secret\n", false, true}, {"more\r", true, true}}, ""},
  };
  for (auto const& test : cases) {
    for (std::size_t piece = 1; piece < 24; ++piece) {
      SCOPED_TRACE(std::string(test.name) + " by " + std::to_string(piece));
      auto const out = read({}, test.chunks, piece);
      EXPECT_EQ(out.content, test.content);
      EXPECT_EQ(out.facts.bare_line_feed, test.bare_lf);
      EXPECT_EQ(out.facts.bare_carriage_return, test.bare_cr);
      EXPECT_EQ(out.facts.size, test.content.size());
    }
  }
}

TEST(bdat_reader, counts_all_chunks_against_the_limit) {
  auto const out = read({.size_limit = 7}, {{"1234\r\n"}, {"56\r\n", true}}, 100);
  EXPECT_TRUE(out.facts.too_large);
  EXPECT_EQ(out.facts.size, 10U);
  EXPECT_EQ(out.content, "1234\r\n");
}

}  // namespace
}  // namespace postern::smtp
