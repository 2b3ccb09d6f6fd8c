#include "service/master/masterd_options.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace postern::service::master {
namespace {

TEST(masterd_options, are_read) {
  std::vector<char const*> words{"--dir", "/d", "--config-dir", "/c", "--daemon", "-v"};
  auto got = parse_masterd_options(words);
  ASSERT_TRUE(got);
  EXPECT_EQ("/d", got->private_dir);
  EXPECT_EQ("/c", got->config_dir);
  EXPECT_TRUE(got->daemon);
  EXPECT_TRUE(got->verbose);
}

TEST(masterd_options, that_are_unknown_or_cut_are_refused) {
  for (auto const& words : std::vector<std::vector<char const*>>{{"--dir"}, {"-c"}, {"x"}, {"--daemonize"}})
    EXPECT_FALSE(parse_masterd_options(words)) << words[0];
}

}  // namespace
}  // namespace postern::service::master
