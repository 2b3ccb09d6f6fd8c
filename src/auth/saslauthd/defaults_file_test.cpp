#include "auth/saslauthd/defaults_file.hpp"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace postern::auth::saslauthd {
namespace {

TEST(defaults_file, reads_what_a_shell_would_read) {
  struct row {
    char const* name;
    std::string input;
    std::string want;
  };
  for (auto const& [name, input, want] : std::vector<row>{
           {"plain", "X=pam\n", "pam"},
           {"no line end", "X=pam", "pam"},
           {"double quotes", "X=\"-c -m /run\"\n", "-c -m /run"},
           {"single quotes", "X='a \"b\" $c'\n", "a \"b\" $c"},
           {"pieces", "X=a\"b c\"'d'\n", "ab cd"},
           {"comment", "# X=no\nX=yes # why\n", "yes"},
           {"a number sign in a word", "X=a#b\n", "a#b"},
           {"export", "export X=1\n", "1"},
           {"two in a line", "Y=1; X=2\n", "2"},
           {"the last counts", "X=1\nX=2\n", "2"},
           {"of another", "D=/run/s\nX=\"-m $D/${D}x\"\n", "-m /run/s//run/sx"},
           {"of one that is not there", "X=\"a${nothing}b\"\n", "ab"},
           {"escapes", "X=a\\ b\\\"\"c\\\"\\$d\\e\"\n", "a b\"c\"$d\\e"},
           {"joined lines", "X=\"a \\\nb\"\n", "a b"},
           {"empty", "X=\n", ""},
       }) {
    auto const got = parse_defaults_file(input);
    ASSERT_TRUE(got) << name << ": " << got.error().text;
    EXPECT_EQ(got->find("X")->second, want) << name;
  }
}

TEST(defaults_file, refuses_what_a_shell_would_run) {
  for (std::string const input : {"rm -rf /\n", "X=`id`\n", "X=$(id)\n", "X=\"$(id)\"\n", "if true; then\n",
                                  "X=\"open\n", "X='open\n", "X=a|b\n", "=x\n", "1X=y\n", "X=${a\n", "X=\"`id`\"\n"}) {
    EXPECT_FALSE(parse_defaults_file(input)) << input;
  }
  auto const wrong = parse_defaults_file("A=1\n\nfalse\n");
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().text.starts_with("line 3: ")) << wrong.error().text;
}

TEST(defaults_file, any_cut_of_it_is_read_or_refused) {
  std::string const whole = "START=yes\nexport MECHANISMS=\"pam\" # x\nOPTIONS='-c'\\\n\" -m $D\"\n";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    auto const got = parse_defaults_file(std::string_view(whole).substr(0, cut));
    EXPECT_TRUE(got || got.error().text.starts_with("line ")) << cut;
  }
}

TEST(defaults_file, starts_what_the_init_scripts_would_start) {
  struct row {
    char const* name;
    std::string input;
    std::string want;
  };
  for (auto const& [name, input, want] : std::vector<row>{
           {"Debian's own",
            "START=yes\nNAME=saslauthd\nMECHANISMS=\"pam\"\nMECH_OPTIONS=\"\"\nTHREADS=5\n"
            "OPTIONS=\"-c -m /var/run/saslauthd\"\n",
            "saslauthd -a pam -c -m /var/run/saslauthd -n 5"},
           {"without OPTIONS", "START=yes\nMECHANISMS=shadow\n", "saslauthd -a shadow -c -m /var/run/saslauthd"},
           {"option of the mechanism", "START=yes\nMECHANISMS=rimap\nMECH_OPTIONS=mail.example\nOPTIONS='-m /x -r'\n",
            "saslauthd -a rimap -O mail.example -m /x -r"},
           {"PARAMS of old files", "START=yes\nMECHANISMS=pam\nPARAMS='-m /var/spool/postfix/var/run/saslauthd'\n",
            "saslauthd -a pam -m /var/spool/postfix/var/run/saslauthd"},
           {"Red Hat's", "SOCKETDIR=/run/saslauthd\nMECH=pam\nFLAGS=-r\n", "saslauthd -m /run/saslauthd -a pam -r"},
       }) {
    auto const got = decide_instance(*parse_defaults_file(input), "/etc/default/saslauthd");
    ASSERT_TRUE(got) << name << ": " << got.error().text;
    EXPECT_TRUE(got->start) << name;
    EXPECT_EQ(fmt::format("{}", fmt::join(got->arguments, " ")), want) << name;
  }
}

TEST(defaults_file, says_why_it_starts_nothing) {
  for (std::string const input : {"NAME=saslauthd\nSTART=no\nMECHANISMS=pam\n", "NAME=saslauthd\nMECHANISMS=pam\n"}) {
    auto const got = decide_instance(*parse_defaults_file(input), "/etc/default/saslauthd");
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->start);
    EXPECT_EQ(got->remark, "To enable saslauthd, edit /etc/default/saslauthd and set START=yes");
  }
  for (std::string const input :
       {"START=yes\n", "START=yes\nMECHANISMS=pam\nOPTIONS=-c\n", "START=yes\nMECHANISMS=pam\nOPTIONS='-d -m /x'\n"}) {
    EXPECT_FALSE(decide_instance(*parse_defaults_file(input), "f")) << input;
  }
}

}  // namespace
}  // namespace postern::auth::saslauthd
