#include "os/memory_file.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "os/directories.hpp"

namespace postern::os {
namespace {

TEST(memory_file, holds_what_it_was_given_and_stays_so) {
  for (std::string const& content : {std::string(), std::string("key"), std::string(300'000, 'x')}) {
    auto file = make_memory_file("test", content);
    ASSERT_TRUE(file) << file.error().text;
    EXPECT_EQ(content, read_whole(*file, 1U << 20U).value());
    EXPECT_EQ(-1, ::write(file->get(), "y", 1));
    EXPECT_EQ(-1, ::ftruncate(file->get(), 1000));
  }
}

}  // namespace
}  // namespace postern::os
