#include "receive/held_content.hpp"

#include <gtest/gtest.h>

namespace postern::receive {
namespace {

std::string read_all(held_content& content, std::size_t piece) {
  std::string out;
  for (;;) {
    auto const next = content.read(out.size(), piece);
    EXPECT_TRUE(next.has_value());
    if (!next || next->empty()) return out;
    out += *next;
  }
}

std::string pattern(std::size_t octets) {
  std::string out;
  for (std::size_t i = 0; out.size() < octets; ++i) out += std::to_string(i) + "\r\n";
  out.resize(octets);
  return out;
}

TEST(held_content, gives_back_what_came) {
  auto scratch = os::scratch_file::make("/tmp", 20).value();
  constexpr auto block = os::scratch_file::block_octets;
  for (std::size_t const size : {std::size_t{0}, std::size_t{10}, block - 1, block, block + 1, 3 * block + 17}) {
    for (std::size_t const memory : {std::size_t{0}, block, 2 * block}) {
      auto const want = pattern(size);
      held_content content(scratch.get(), memory);
      for (std::size_t at = 0; at < size; at += 65'000) {
        ASSERT_TRUE(content.append(std::string_view(want).substr(at, 65'000)));
      }
      EXPECT_EQ(content.size(), size);
      EXPECT_EQ(read_all(content, 65'535), want);
      EXPECT_EQ(read_all(content, block * 2), want);
    }
  }
  EXPECT_EQ(scratch->blocks_in_use(), 0U);
}

TEST(held_content, tells_when_there_is_no_room) {
  auto scratch = os::scratch_file::make("/tmp", 1).value();
  held_content content(scratch.get(), 0);
  EXPECT_TRUE(content.append(std::string(os::scratch_file::block_octets, 'x')));
  EXPECT_FALSE(content.append(std::string(os::scratch_file::block_octets, 'x')));
}

TEST(held_content, moves) {
  auto scratch = os::scratch_file::make("/tmp", 9).value();
  held_content one(scratch.get(), 0);
  ASSERT_TRUE(one.append(pattern(600'000)));
  held_content two(scratch.get(), 0);
  ASSERT_TRUE(two.append("new\r\n"));
  one = std::move(two);
  EXPECT_EQ(read_all(one, 100), "new\r\n");
  held_content three(std::move(one));
  EXPECT_EQ(read_all(three, 100), "new\r\n");
  three.clear();
  EXPECT_EQ(three.size(), 0U);
}

}  // namespace
}  // namespace postern::receive
