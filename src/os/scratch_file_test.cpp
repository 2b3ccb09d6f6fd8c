#include "os/scratch_file.hpp"

#include <gtest/gtest.h>

namespace postern::os {
namespace {

TEST(scratch_file, gives_back_what_was_put_in) {
  auto const scratch = scratch_file::make("/tmp", 3);
  ASSERT_TRUE(scratch.has_value()) << scratch.error().text;
  auto& file = **scratch;
  std::string const one(scratch_file::block_octets, 'a'), two = "short";
  auto const first = file.write(one);
  auto const second = file.write(two);
  ASSERT_TRUE(first && second);
  std::string back(5, ' ');
  ASSERT_TRUE(file.read(*second, 0, back));
  EXPECT_EQ(back, two);
  ASSERT_TRUE(file.read(*first, scratch_file::block_octets - 5, back));
  EXPECT_EQ(back, "aaaaa");
  EXPECT_EQ(file.blocks_in_use(), 2U);
}

TEST(scratch_file, has_an_end) {
  auto const scratch = scratch_file::make("/tmp", 2);
  ASSERT_TRUE(scratch.has_value());
  auto& file = **scratch;
  auto const first = file.write("1");
  ASSERT_TRUE(first && file.write("2"));
  EXPECT_FALSE(file.write("3").has_value());
  file.release(*first);
  auto const again = file.write("4");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, *first);
  char octet = 0;
  ASSERT_TRUE(file.read(*again, 0, {&octet, 1}));
  EXPECT_EQ(octet, '4');
  EXPECT_FALSE(file.read(7, 0, {&octet, 1}).has_value());
}

TEST(scratch_file, needs_a_directory) { EXPECT_FALSE(scratch_file::make("/nonexistent", 1).has_value()); }

}  // namespace
}  // namespace postern::os
