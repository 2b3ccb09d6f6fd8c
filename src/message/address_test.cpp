#include "message/address.hpp"

#include <gtest/gtest.h>

#include "message/status.hpp"

namespace postern::message {
namespace {

TEST(address, splits_and_formats) {
  struct {
    std::string_view address, local_part, domain, formatted;
  } const cases[] = {
      {"joe@Example.ORG", "joe", "example.org", "joe@example.org"},
      {"joe", "joe", "", "joe"},
      {"\"a b\"@x.example", "a b", "x.example", "\"a b\"@x.example"},
      {"\"a@b\"@x.example", "a@b", "x.example", "\"a@b\"@x.example"},
      {"\"a\\\"b\"@x.example", "a\"b", "x.example", "\"a\\\"b\"@x.example"},
      {"\"joe\"@x.example", "joe", "x.example", "joe@x.example"},
      {"a@b@x.example", "a@b", "x.example", "\"a@b\"@x.example"},
      {"joe@[IPv6:2001:DB8::1]", "joe", "[ipv6:2001:db8::1]", "joe@[ipv6:2001:db8::1]"},
      {"", "", "", "\"\""},
  };
  for (auto const& test : cases) {
    auto const parts = split_address(test.address);
    EXPECT_EQ(parts.local_part, test.local_part) << test.address;
    EXPECT_EQ(parts.domain, test.domain) << test.address;
    EXPECT_EQ(format_address(parts.local_part, parts.domain), test.formatted) << test.address;
  }
  EXPECT_EQ(domain_of("\"a@b\"@X.example"), "X.example");
  EXPECT_EQ(domain_of("joe"), "");
}

TEST(address, validates_domains) {
  auto const label63 = std::string(63, 'a');
  struct {
    std::string domain;
    bool host, with_utf8;
  } const cases[] = {
      {"example.org", true, true},
      {"localhost", true, true},
      {"a_b.example", true, true},
      {"xn--bcher-kva.example", true, true},
      {"1.2.3", true, true},
      {label63 + ".example", true, true},
      {label63 + "a.example", false, false},
      {"b\xC3\xBC.example", false, true},
      {"", false, false},
      {".", false, false},
      {"a.", false, false},
      {".a", false, false},
      {"a..b", false, false},
      {"-a.b", false, false},
      {"a-.b", false, false},
      {"a b", false, false},
      {"a\r\nb", false, false},
      {std::string("a\0b", 3), false, false},
      {label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a'), true, true},
      {label63 + "." + label63 + "." + label63 + "." + std::string(62, 'a'), false, false},
  };
  for (auto const& test : cases) {
    EXPECT_EQ(is_valid_domain(test.domain), test.host) << test.domain;
    EXPECT_EQ(is_valid_domain(test.domain, domain_form::with_utf8), test.with_utf8) << test.domain;
  }
}

TEST(address, validates_literals) {
  for (auto const good : {"[192.0.2.1]", "[IPv6:2001:db8::1]", "[ipv6:::1]"})
    EXPECT_TRUE(is_valid_address_literal(good)) << good;
  for (auto const bad :
       {"", "[]", "[192.0.2]", "192.0.2.1", "[2001:db8::1]", "[IPv6:192.0.2.1]", "[192.0.2.1", "[a]"}) {
    EXPECT_FALSE(is_valid_address_literal(bad)) << bad;
  }
}

TEST(address, knows_utf8) {
  struct {
    std::string_view text;
    bool good;
  } const cases[] = {
      {"plain", true},
      {"\xC3\xB6", true},
      {"\xE2\x82\xAC", true},
      {"\xF0\x9F\x98\x80", true},
      {"\x80", false},
      {"\xC3", false},
      {"\xC0\xAF", false},
      {"\xE0\x80\xAF", false},
      {"\xED\xA0\x80", false},
      {"\xF0\x80\x80\xAF", false},
      {"\xF4\x90\x80\x80", false},
      {"\xF5\x80\x80\x80", false},
      {"\xE2\x82", false},
      {"a\xFF", false},
  };
  for (auto const& test : cases) EXPECT_EQ(is_valid_utf8(test.text), test.good) << testing::PrintToString(test.text);
  EXPECT_TRUE(is_ascii("a~"));
  EXPECT_FALSE(is_ascii("\xC3\xB6"));
}

TEST(status, parses_and_formats) {
  struct {
    std::string_view text;
    bool exact, prefix;
    std::string_view rest = {};
  } const cases[] = {
      {"5.1.1", true, true}, {"4.999.0", true, true},   {"2.0.0 Ok", false, true, "Ok"}, {"5.1.1x", false, false},
      {"5.1", false, false}, {"5.1.", false, false},    {"3.1.1", false, false},         {"5.1.1234", false, false},
      {"", false, false},    {"5.1.1.1", false, false},
  };
  for (auto const& test : cases) {
    EXPECT_EQ(parse_enhanced_status(test.text).has_value(), test.exact) << test.text;
    auto rest = test.text;
    auto const taken = take_enhanced_status(rest);
    EXPECT_EQ(taken.has_value(), test.prefix) << test.text;
    EXPECT_EQ(rest, test.prefix ? test.rest : test.text) << test.text;
  }
  EXPECT_EQ((enhanced_status{5, 1, 10}.text()), "5.1.10");
}

}  // namespace
}  // namespace postern::message
