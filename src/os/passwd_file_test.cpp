#include "os/passwd_file.hpp"

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

namespace postern::os {
namespace {

TEST(passwd_file, finds_whole_names_only) {
  auto path = testing::TempDir() + "postern_passwd_test";
  std::ofstream(path) << "root:x:0:0::/root:/bin/sh\njoe:x:1000:1000::/home/joe:/bin/sh\n";
  EXPECT_TRUE(*passwd_file_has_user("joe", path));
  for (std::string_view other : {"jo", "joey", "", "x", "joe:x"})
    EXPECT_FALSE(*passwd_file_has_user(other, path)) << other;
  std::remove(path.c_str());
  EXPECT_FALSE(passwd_file_has_user("joe", path).has_value());
}

}  // namespace
}  // namespace postern::os
