#include "ipc/codec.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace postern::ipc {
namespace {

TEST(codec, gives_back_what_was_put) {
  auto octets =
      encoder().put(std::uint64_t{0}).put("text").put(true).put(std::numeric_limits<std::uint64_t>::max()).take();
  decoder from(octets);
  EXPECT_EQ(from.take_number(), 0U);
  EXPECT_EQ(from.take_text(), "text");
  EXPECT_TRUE(from.take_flag());
  EXPECT_EQ(from.take_number(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(from.good());
}

TEST(codec, every_cut_is_noticed) {
  auto octets = encoder().put(std::uint64_t{300}).put("text").take();
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    decoder from(std::string_view(octets).substr(0, cut));
    from.take_number();
    from.take_text();
    EXPECT_FALSE(from.good()) << cut;
  }
}

TEST(codec, refuses_counts_and_numbers_that_cannot_be) {
  decoder too_many(std::string_view("\x05\x01", 2));
  EXPECT_EQ(too_many.take_count(), 0U);
  EXPECT_TRUE(too_many.bad());
  decoder too_wide("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  too_wide.take_number();
  EXPECT_TRUE(too_wide.bad());
}

}  // namespace
}  // namespace postern::ipc
