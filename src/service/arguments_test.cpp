#include "service/arguments.hpp"

#include <gtest/gtest.h>

namespace postern::service {
namespace {

result<program_arguments> parse(std::vector<char const*> const& words) {
  return parse_program_arguments("smtpd", words);
}

TEST(arguments, reads_what_postfix_master_gives) {
  auto got = parse({"-n", "submission", "-t", "inet", "-u", "-c", "/etc/postfix", "-o", "a=b=c", "-o", "empty=", "-vv",
                    "-v", "--dir", "/srv/p"});
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ("submission", got->service);
  EXPECT_EQ("inet", got->type);
  EXPECT_EQ("/etc/postfix", got->config_dir);
  EXPECT_EQ("/srv/p", got->private_dir);
  EXPECT_EQ(3, got->verbose);
  ASSERT_EQ(2U, got->overrides.size());
  EXPECT_EQ("a", got->overrides[0].name);
  EXPECT_EQ("b=c", got->overrides[0].value);
  EXPECT_EQ("", got->overrides[1].value);
}

TEST(arguments, has_defaults) {
  auto got = parse({});
  ASSERT_TRUE(got);
  EXPECT_EQ("smtpd", got->service);
  EXPECT_EQ("unix", got->type);
}

TEST(arguments, refuses_what_it_does_not_know) {
  for (auto const& words : std::vector<std::vector<char const*>>{
           {"-n"}, {"-o", "novalue"}, {"-o", "=x"}, {"--nonsense"}, {"stray"}, {"-"}, {""}, {"-vx"}}) {
    EXPECT_FALSE(parse(words)) << words[0];
  }
}

TEST(arguments, come_back_as_they_were_written) {
  auto first = parse({"-n", "x", "-t", "inet", "-c", "/c", "--dir", "/d", "-o", "a=b", "--listen", "unix:/s", "-v"});
  ASSERT_TRUE(first);
  auto words = format_program_arguments(*first);
  std::vector<char const*> pointers;
  for (std::size_t i = 1; i < words.size(); ++i) pointers.push_back(words[i].c_str());
  auto second = parse(pointers);
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(words, format_program_arguments(*second));
}

}  // namespace
}  // namespace postern::service
