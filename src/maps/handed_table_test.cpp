#include "maps/handed_table.hpp"

#include <map>

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace postern::maps {
namespace {

constexpr char key_pem[] = "-----BEGIN PRIVATE KEY-----\nk\n";
constexpr char chain_pem[] = "-----BEGIN CERTIFICATE-----\nc\n";

result<secret> read_made_up(std::string const& path) {
  std::map<std::string, std::string> const files = {{"/key", key_pem}, {"/chain", chain_pem}, {"/text", "no PEM"}};
  auto found = files.find(path);
  if (found == files.end()) return fail("no file " + path);
  return secret(std::string_view(found->second));
}

TEST(read_file_value, takes_files_or_their_content) {
  struct row {
    std::string value;
    std::string want;
  };
  for (auto const& [value, want] :
       {row{"/key /chain", std::string(key_pem) + chain_pem}, row{"/key,/chain", std::string(key_pem) + chain_pem},
        row{"/key, \t/chain", std::string(key_pem) + chain_pem}, row{encode_base64(key_pem), key_pem}, row{"", ""},
        row{"/text", "no PEM"}}) {
    auto got = read_file_value(value, read_made_up);
    ASSERT_TRUE(got) << value;
    EXPECT_EQ(want, got->reveal()) << value;
  }
  auto missing = read_file_value("/key /gone", read_made_up);
  ASSERT_FALSE(missing);
  EXPECT_EQ("no file /gone", missing.error().text);
}

TEST(handed_table, carries_content_and_what_could_not_be_read) {
  std::vector<entry> const entries = {{"one.example", "/key /chain"},
                                      {".two.example", "/key /gone"},
                                      {"done.example", encode_base64(key_pem)},
                                      {"a b", "/key"},
                                      {"", "/key"},
                                      {"c", "/key\nd /key"}};
  auto got = parse_handed_table(format_handed_table(entries, read_made_up).reveal());
  ASSERT_EQ(3U, got.size());
  EXPECT_EQ("one.example", got[0].key);
  EXPECT_EQ(encode_base64(std::string(key_pem) + chain_pem), got[0].value);
  EXPECT_EQ(".two.example", got[1].key);
  EXPECT_EQ("/key /gone", got[1].value);
  EXPECT_EQ("done.example", got[2].key);
  EXPECT_EQ(encode_base64(key_pem), got[2].value);
}

TEST(handed_table, answers_as_the_table_did) {
  auto const text = format_handed_table({{"[relay.example]:587", "joe:p w, x"}, {"me@isp.example", "me:"}},
                                        [](std::string const&) { return result<secret>(fail("no file")); });
  auto made = make_handed_table(secret(std::string(text.reveal())));
  EXPECT_EQ(made->find("[Relay.Example]:587").value(), "joe:p w, x");
  EXPECT_EQ(made->find("me@isp.example").value(), "me:");
  EXPECT_EQ(made->find("isp.example").value(), std::nullopt);
  EXPECT_EQ(made->entries().value().size(), 2U);
}

TEST(handed_table, takes_any_text_cut_anywhere) {
  std::string const text = "one a\ntwo b\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    auto got = parse_handed_table(text.substr(0, length));
    EXPECT_EQ(length < 4 ? 0U : length < 10 ? 1U : 2U, got.size()) << length;
  }
}

}  // namespace
}  // namespace postern::maps
