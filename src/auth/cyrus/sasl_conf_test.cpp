#include "auth/cyrus/sasl_conf.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace postern::auth::cyrus {
namespace {

struct good_row {
  std::string_view name;
  std::string_view text;
  std::string_view key;
  std::string_view want;  ///< "" : not there
};
constexpr good_row good_rows[] = {
    {"as people write it", "pwcheck_method: saslauthd\nmech_list: plain login\n", "mech_list", "plain login"},
    {"without a blank", "pwcheck_method:pam\n", "pwcheck_method", "pam"},
    {"blanks in front and behind", "  pwcheck_method: \t pam \t \n", "pwcheck_method", "pam"},
    {"DOS line ends", "pwcheck_method: pam\r\nmech_list: plain\r\n", "pwcheck_method", "pam"},
    {"the key ignores case", "PWcheck_Method: pam\n", "pwcheck_method", "pam"},
    {"comments and blank lines", "# a: b\n\n \t\n  # c: d\npwcheck_method: pam", "pwcheck_method", "pam"},
    {"a comment is no key", "# a: b\n", "a", ""},
    {"the first of two counts", "a: 1\na: 2\n", "a", "1"},
    {"colons in a value", "sql_hostnames: [::1]:5432\n", "sql_hostnames", "[::1]:5432"},
    {"quotation marks have no meaning", "a: \"b\"\n", "a", "\"b\""},
    {"a # in a value is part of it", "sql_passwd: a#b\n", "sql_passwd", "a#b"},
    {"an empty file", "", "a", ""},
};

TEST(sasl_conf, reads_what_libsasl_reads) {
  for (auto const& [name, text, key, want] : good_rows) {
    auto const parsed = parse_sasl_conf(text, "smtpd.conf");
    ASSERT_TRUE(parsed) << name << ": " << parsed.error().text;
    EXPECT_EQ(parsed->text(key), want) << name;
    EXPECT_EQ(parsed->find(key) == nullptr, want.empty()) << name;
  }
}

struct bad_row {
  std::string_view text;
  std::string_view want;
};
constexpr bad_row bad_rows[] = {{"pwcheck_method saslauthd\n", "smtpd.conf:1: "},
                                {"a: b\npwcheck_method = pam\n", "smtpd.conf:2: "},
                                {"a b: c\n", "smtpd.conf:1: "},
                                {": c\n", "smtpd.conf:1: "},
                                {"\n\nmech_list:\n", "smtpd.conf:3: mech_list has no value"}};

TEST(sasl_conf, names_the_line_that_is_wrong) {
  for (auto const& [text, want] : bad_rows) {
    auto const parsed = parse_sasl_conf(text, "smtpd.conf");
    ASSERT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed.error().text.starts_with(want)) << parsed.error().text;
  }
  EXPECT_FALSE(parse_sasl_conf("a: " + std::string(5000, 'x'), "smtpd.conf"));
}

TEST(sasl_conf, cut_at_every_offset_it_never_says_more) {
  constexpr std::string_view whole = "pwcheck_method: saslauthd\nmech_list: plain login\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    auto const parsed = parse_sasl_conf(whole.substr(0, cut), "smtpd.conf");
    if (!parsed) continue;
    EXPECT_TRUE(std::string_view("saslauthd").starts_with(parsed->text("pwcheck_method"))) << cut;
    EXPECT_TRUE(std::string_view("plain login").starts_with(parsed->text("mech_list"))) << cut;
  }
}

TEST(sasl_conf, knows_its_words_and_places) {
  auto const parsed = parse_sasl_conf("\nmech_list: plain  login,\tcram-md5\n", "/x/smtpd.conf").value();
  EXPECT_EQ(parsed.words("mech_list"), (std::vector<std::string>{"plain", "login", "cram-md5"}));
  EXPECT_EQ(parsed.words("nothing"), std::vector<std::string>{});
  EXPECT_EQ(parsed.where("mech_list"), "/x/smtpd.conf:2");
  EXPECT_EQ(parsed.where("nothing"), "/x/smtpd.conf");
}

TEST(sasl_conf, is_the_first_that_is_there) {
  namespace fs = std::filesystem;
  std::string name = (fs::temp_directory_path() / "postern-sasl-conf-XXXXXX").string();
  fs::path const top = ::mkdtemp(name.data());
  fs::create_directories(top / "two");
  std::ofstream(top / "two" / "smtpd.conf") << "pwcheck_method: pam\n";
  std::vector<std::string> const directories{(top / "one").string(), (top / "two").string()};
  auto const found = load_sasl_conf(directories, "smtpd");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->path(), (top / "two" / "smtpd.conf").string());
  EXPECT_FALSE(load_sasl_conf(directories, "other").value());
  std::ofstream(top / "two" / "bad.conf") << "nonsense\n";
  EXPECT_FALSE(load_sasl_conf(directories, "bad"));
  fs::remove_all(top);
}

}  // namespace
}  // namespace postern::auth::cyrus
