#include "rewrite/privacy.hpp"

#include <gtest/gtest.h>

namespace postern::rewrite {
namespace {

struct word_case {
  std::vector<std::string> words;
  std::string_view want;  // received origin message_id login mailer date
};

TEST(privacy, words) {
  word_case const cases[] = {
      {{"yes"}, "111000"},
      {{"no"}, "000000"},
      {{"all"}, "111111"},
      {{"all", "!date"}, "111110"},
      {{"date"}, "000001"},
      {{"yes", "mailer"}, "111010"},
      {{"yes", "!message_id"}, "110000"},
      {{}, "000000"},
  };
  for (auto const& one : cases) {
    auto got = privacy_profile::parse(one.words);
    ASSERT_TRUE(got.has_value());
    std::string shown;
    for (bool const bit : {got->received, got->origin, got->message_id, got->login, got->mailer, got->date}) {
      shown += bit ? '1' : '0';
    }
    EXPECT_EQ(shown, one.want);
  }
  EXPECT_FALSE(privacy_profile::parse({"everything"}).has_value());
}

struct edit_case {
  std::string_view name, field;
  privacy_edit::what did;
  std::string_view changed;
};

TEST(privacy, fields) {
  using what = privacy_edit::what;
  edit_case const cases[] = {
      {"address of a webmail client", "X-Originating-IP: [2001:db8::1]\r\n", what::removed, ""},
      {"case does not count", "x-sender-ip: 192.0.2.1\r\n", what::removed, ""},
      {"mailer", "User-Agent: Foo/1\r\n", what::removed, ""},
      {"device's own name", "Message-ID: <1@laptop.local>\r\n", what::changed, "Message-ID: <1@home.example>\r\n"},
      {"literal", "Message-ID: <1@[192.168.1.4]>\r\n", what::changed, "Message-ID: <1@home.example>\r\n"},
      {"folded", "Message-ID:\r\n <1@laptop>\r\n", what::changed, "Message-ID:\r\n <1@home.example>\r\n"},
      {"sender's domain", "Message-ID: <1@home.example>\r\n", what::nothing, ""},
      {"no identifier", "Message-ID: nonsense\r\n", what::nothing, ""},
      {"zone", "Date: Mon, 3 Feb 2025 00:30:00 +0100 (CET)\r\n", what::changed,
       "Date: Sun, 2 Feb 2025 23:30:00 +0000\r\n"},
      {"already UTC", "Date: Sun, 2 Feb 2025 23:30:00 +0000\r\n", what::nothing, ""},
      {"no date", "Date: yesterday\r\n", what::nothing, ""},
      {"others stay", "Subject: X-Mailer: a\r\n", what::nothing, ""},
  };
  auto const all = *privacy_profile::parse({"all"});
  for (auto const& one : cases) {
    auto got = edit_for_privacy(all, one.field, "home.example");
    EXPECT_EQ(got.did, one.did) << one.name;
    EXPECT_EQ(got.field, one.changed) << one.name;
    EXPECT_EQ(edit_for_privacy({}, one.field, "home.example").did, what::nothing) << one.name;
  }
}

TEST(privacy, dates) {
  struct date_case {
    std::string_view date, want;
  };
  for (auto const& one : {date_case{"1 Jan 2025 00:00 +0000", "Wed, 1 Jan 2025 00:00:00 +0000"},
                          date_case{"Tue, 31 Dec 2024 23:59:59 -0800", "Wed, 1 Jan 2025 07:59:59 +0000"},
                          date_case{"29 Feb 2024 12:00:00 +0530", "Thu, 29 Feb 2024 06:30:00 +0000"},
                          date_case{"30 Feb 2024 12:00:00 +0530", ""}, date_case{"1 Jan 2025 00:00 EST", ""},
                          date_case{"1 Jan 2025 25:00 +0000", ""}, date_case{"", ""},
                          date_case{"99999999999999 Jan 2025 00:00 +0000", ""}}) {
    EXPECT_EQ(date_in_utc(one.date), one.want) << one.date;
  }
}

}  // namespace
}  // namespace postern::rewrite
