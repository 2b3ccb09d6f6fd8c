#include "os/shared_library.hpp"

#include <cmath>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

namespace postern::os {
namespace {

constinit shared_library math("libm.so.6");
constinit shared_library c_library("libc.so.6");
constinit shared_library nowhere("libpostern-nowhere.so.1");

TEST(shared_library, calls_what_it_has_loaded) {
  library_function<double(double)> const cosine(math, "cos");
  ASSERT_TRUE(math.load());
  ASSERT_TRUE(math.load());
  EXPECT_EQ(1.0, cosine(0.0));
  EXPECT_EQ(-1.0, std::round(cosine(3.14159)));
}

TEST(shared_library, calls_functions_with_any_number_of_arguments) {
  library_function<int(char*, std::size_t, char const*, ...)> const print(c_library, "snprintf");
  ASSERT_TRUE(c_library.load());
  std::string out(16, '\0');
  EXPECT_EQ(5, print(out.data(), out.size(), "%d %s", 42, "is"));
  EXPECT_STREQ("42 is", out.c_str());
}

TEST(shared_library, says_which_is_missing) {
  auto const loaded = nowhere.load();
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().text.contains("libpostern-nowhere.so.1")) << loaded.error().text;
}

TEST(shared_library_death, ends_the_program_when_called_too_early_or_for_what_is_not_there) {
  library_function<void()> const early(nowhere, "anything");
  EXPECT_DEATH(early(), "anything of libpostern-nowhere.so.1");
  ASSERT_TRUE(math.load());
  library_function<void()> const unknown(math, "no_such_function");
  EXPECT_DEATH(unknown(), "no_such_function of libm.so.6");
}

}  // namespace
}  // namespace postern::os
