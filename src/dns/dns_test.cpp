#include <gtest/gtest.h>

#include "dns/mail_exchangers.hpp"
#include "dns/next_hop.hpp"
#include "dns/record.hpp"

namespace postern::dns {
namespace {

using namespace std::string_literals;

TEST(next_hop, is_parsed) {
  struct row {
    char const* text;
    next_hop want;
  };
  row const rows[] = {
      {"Example.COM", {"example.com", 0, true}},
      {"example.com.", {"example.com", 0, true}},
      {"example.com:2525", {"example.com", 2525, true}},
      {"[mail.example.com]", {"mail.example.com", 0, false}},
      {"[mail.example.com]:submission", {"mail.example.com", 587, false}},
      {"[192.0.2.1]:26", {"192.0.2.1", 26, false}},
      {"192.0.2.1", {"192.0.2.1", 0, false}},
      {"[IPv6:2001:db8::1]", {"2001:db8::1", 0, false}},
      {"[2001:db8::1]:smtp", {"2001:db8::1", 25, false}},
  };
  for (auto const& row : rows) {
    auto got = parse_next_hop(row.text);
    ASSERT_TRUE(got) << row.text << ": " << got.error().text;
    EXPECT_EQ(*got, row.want) << row.text;
  }
}

TEST(next_hop, is_refused_in_words) {
  for (auto const* text : {"", "[", "[]", "[host", "[host]25", "host:", "host:0", "host:65536", "host:x", "ho st",
                           ":25", "a..b", "[host]:25:25", "-a.example"}) {
    auto got = parse_next_hop(text);
    ASSERT_FALSE(got) << text;
    EXPECT_NE(got.error().text.find("bad next hop"), std::string::npos);
  }
}

TEST(record, mail_exchanger_cut_at_every_offset_is_malformed) {
  auto data =
      "\x00\x0a\x04Mail\x07"
      "example\x03"
      "com\x00"s;
  EXPECT_EQ(parse_mail_exchanger(data), (mail_exchanger{10, "mail.example.com"}));
  for (std::size_t length = 0; length < data.size(); ++length) {
    EXPECT_FALSE(parse_mail_exchanger(std::string_view(data).substr(0, length))) << length;
  }
  EXPECT_FALSE(parse_mail_exchanger(data + "x"));
  EXPECT_EQ(parse_mail_exchanger("\x00\x00\x00"s), (mail_exchanger{0, ""}));
}

TEST(record, name_with_odd_octets_or_pointer) {
  EXPECT_EQ(parse_name("\x03"
                       "a\r\n\x00"s),
            "a??");
  EXPECT_FALSE(parse_name("\xc0\x0c"s));
  std::string endless;
  for (int i = 0; i < 128; ++i) endless += "\x01z"s;
  EXPECT_FALSE(parse_name(endless + '\0'));
}

TEST(record, text_and_addresses) {
  EXPECT_EQ(parse_text("\x02"
                       "ab\x01"
                       "c"s),
            "abc");
  EXPECT_FALSE(
      parse_text("\x05"
                 "ab"s));
  EXPECT_EQ(parse_address(record_type::a, "\xc0\x00\x02\x01"s)->text(), "192.0.2.1");
  EXPECT_FALSE(parse_address(record_type::aaaa, "\xc0\x00\x02\x01"s));
}

TEST(record, host_names) {
  EXPECT_TRUE(is_host_name("a.b-c.example."));
  EXPECT_TRUE(is_host_name("a_b"));
  for (auto const* name : {"", ".", "a..b", "192.0.2.1", "a b", "a.-b", "h\xc3\xa9.example"}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
}

TEST(record, reverse_names) {
  EXPECT_EQ(format_reverse_name(*ip_address::parse("192.0.2.1")), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(format_reverse_name(*ip_address::parse("2001:db8::1")),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(mail_exchangers, are_ordered_by_preference_and_chance) {
  std::vector<mail_exchanger> list{{20, "c"}, {10, "a"}, {10, "b"}, {5, "first"}};
  auto in_order = list;
  order_exchangers(in_order, {});
  EXPECT_EQ(in_order, (std::vector<mail_exchanger>{{5, "first"}, {10, "a"}, {10, "b"}, {20, "c"}}));
  bool seen_a = false, seen_b = false;
  unsigned seed = 0;
  for (int i = 0; i < 50; ++i) {
    auto shuffled = list;
    order_exchangers(shuffled, [&](std::size_t below) { return (seed = seed * 1103515245 + 12345) / 65536 % below; });
    EXPECT_EQ(shuffled.front().host, "first");
    EXPECT_EQ(shuffled.back().host, "c");
    (shuffled[1].host == "a" ? seen_a : seen_b) = true;
  }
  EXPECT_TRUE(seen_a && seen_b);
}

TEST(mail_exchangers, self_and_worse_are_eliminated) {
  std::vector<mail_exchanger> list{{5, "first"}, {10, "a"}, {10, "me"}, {20, "c"}};
  auto is_me = [](mail_exchanger const& one) { return one.host == "me"; };
  EXPECT_TRUE(eliminate_self(list, is_me));
  EXPECT_EQ(list, (std::vector<mail_exchanger>{{5, "first"}}));
  EXPECT_FALSE(eliminate_self(list, is_me));
}

TEST(mail_exchangers, null_mx) {
  EXPECT_TRUE(is_null_mx({{0, ""}}));
  EXPECT_FALSE(is_null_mx({{0, ""}, {10, "a"}}));
  EXPECT_FALSE(is_null_mx({}));
}

}  // namespace
}  // namespace postern::dns
