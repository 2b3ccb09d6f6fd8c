#include "receive/input_buffer.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace postern::receive {
namespace {

void put(input_buffer& into, std::string_view text) {
  auto room = into.space();
  ASSERT_GE(room.size(), text.size());
  std::memcpy(room.data(), text.data(), text.size());
  into.commit(text.size());
}

TEST(input_buffer, gives_lines_however_they_arrive) {
  std::string_view whole = "EHLO there\r\nNOOP\nQUIT\r\n";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    buffer_pool pool;
    input_buffer buffer(pool);
    std::vector<std::string> lines;
    std::vector<smtp::line_end> ends;
    for (auto part : {whole.substr(0, cut), whole.substr(cut)}) {
      put(buffer, part);
      while (auto line = buffer.take_line()) {
        lines.emplace_back(line->text);
        ends.push_back(line->end);
      }
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"EHLO there", "NOOP", "QUIT"})) << cut;
    EXPECT_EQ(ends[1], smtp::line_end::bare_lf);
    EXPECT_TRUE(buffer.empty());
  }
}

TEST(input_buffer, never_loses_octets_when_it_moves_them) {
  buffer_pool pool;
  input_buffer buffer(pool);
  std::string expected, seen;
  for (int round = 0; round < 400; ++round) {
    std::string line = std::string(997, static_cast<char>('a' + round % 26)) + "\r\n";
    expected += line;
    put(buffer, line);
    if (round % 3 == 0) continue;  // leaves a rest behind, so that space() has something to move
    while (auto got = buffer.take_line()) seen += std::string(got->text) + "\r\n";
  }
  while (auto got = buffer.take_line()) seen += std::string(got->text) + "\r\n";
  EXPECT_EQ(seen, expected);
}

TEST(input_buffer, an_empty_one_holds_no_block) {
  buffer_pool pool;
  input_buffer one(pool), other(pool);
  put(one, "x");
  auto const* block = one.view().data();
  one.consume(1);
  one.release_if_empty();
  put(other, "y");
  EXPECT_EQ(other.view().data(), block);
}

}  // namespace
}  // namespace postern::receive
