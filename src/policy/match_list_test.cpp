#include "policy/match_list.hpp"

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

struct domain_row {
  std::vector<std::string> entries;
  bool parents;
  std::string domain;
  bool want;
};

TEST(match_list, domains_match_as_postconf_says) {
  std::vector<domain_row> const rows{
      {{"example.com"}, false, "example.com", true},
      {{"Example.COM"}, false, "example.com", true},
      {{"example.com"}, false, "www.example.com", false},
      {{"example.com"}, true, "www.example.com", true},
      {{"example.com"}, true, "badexample.com", false},
      {{".example.com"}, false, "www.example.com", true},
      {{".example.com"}, false, "example.com", false},
      {{"!www.example.com", ".example.com"}, false, "www.example.com", false},
      {{"!www.example.com", ".example.com"}, false, "ftp.example.com", true},
      {{".example.com", "!www.example.com"}, false, "www.example.com", true},
      {{}, true, "example.com", false},
  };
  for (auto const& row : rows) {
    auto list = domain_match_list::load("relay_domains", row.entries, row.parents);
    ASSERT_TRUE(list.has_value());
    EXPECT_EQ(list->matches(row.domain), row.want)
        << row.domain << " in " << (row.entries.empty() ? "" : row.entries[0]);
  }
}

TEST(match_list, names_of_our_own_stand_for_themselves) {
  for (auto const* parameter : {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"}) {
    auto list =
        domain_match_list::load(parameter, {"a.example", ".b.example", "inline:{c.example=x,.d.example=x}"}, true);
    ASSERT_TRUE(list.has_value());
    for (auto const* own : {"a.example", "c.example"}) EXPECT_TRUE(list->matches(own)) << own;
    for (auto const* other : {"x.a.example", "x.b.example", "x.c.example", "x.d.example"})
      EXPECT_FALSE(list->matches(other)) << other;
  }
}

TEST(match_list, networks_take_the_first_entry_that_matches) {
  auto list = network_match_list::load("mynetworks", {"!192.0.2.7", "192.0.2.0/24", "[2001:db8::]/32"});
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->find(*ip_address::parse("192.0.2.7")), nullptr);
  EXPECT_NE(list->find(*ip_address::parse("192.0.2.8")), nullptr);
  EXPECT_NE(list->find(*ip_address::parse("2001:db8::1")), nullptr);
  EXPECT_EQ(list->find(*ip_address::parse("198.51.100.1")), nullptr);
}

TEST(match_list, files_stand_for_their_entries) {
  std::string path = testing::TempDir() + "postern_match_list_test";
  std::ofstream(path) << "# our networks\n192.0.2.0/24\n  198.51.100.0/24\n";
  auto list = network_match_list::load("mynetworks", {path});
  std::remove(path.c_str());
  ASSERT_TRUE(list.has_value());
  EXPECT_NE(list->find(*ip_address::parse("198.51.100.1")), nullptr);
}

TEST(match_list, mistakes_are_named_with_their_parameter) {
  for (auto const& entry :
       {std::string("192.0.2.1/24"), std::string("/no/such/file"), std::string("hash:/no/such/table")}) {
    auto list = network_match_list::load("mynetworks", {entry});
    ASSERT_FALSE(list.has_value()) << entry;
    EXPECT_TRUE(list.error().text.starts_with("mynetworks: ")) << list.error().text;
  }
  EXPECT_FALSE(domain_match_list::load("relay_domains", {"hash:/no/such/table"}, true).has_value());
}

TEST(match_list, tables_hold_domains) {
  std::vector<domain_row> const rows{
      {{"inline:{example.com=any}"}, false, "example.com", true},
      {{"inline:{example.com=any}"}, false, "www.example.com", false},
      {{"inline:{example.com=any}"}, true, "www.example.com", true},
      {{"inline:{.example.com=any}"}, false, "www.example.com", true},
      {{"!inline:{www.example.com=any}", ".example.com"}, false, "www.example.com", false},
      {{"!inline:{www.example.com=any}", ".example.com"}, false, "ftp.example.com", true},
      {{"regexp:{{/^example/ any}}"}, true, "example.com", true},
      {{"regexp:{{/^example/ any}}"}, true, "www.example.com", false},
      {{"fail:always", "example.com"}, false, "example.com", true},
  };
  for (auto const& row : rows) {
    auto list = domain_match_list::load("relay_domains", row.entries, row.parents);
    ASSERT_TRUE(list.has_value()) << row.entries[0] << (list ? "" : list.error().text);
    EXPECT_EQ(list->matches(row.domain), row.want) << row.domain << " in " << row.entries[0];
    maps::answers known;
    auto asked = list->ask(row.domain, known);
    bool const fails = row.entries[0].starts_with("fail:");
    EXPECT_EQ(asked.has_value(), !fails);
    if (asked) EXPECT_EQ(*asked, row.want);
    EXPECT_FALSE(list->blocks());
  }
}

TEST(match_list, tables_hold_names) {
  auto names = load_names("smtpd_sasl_mechanism_filter", {"!inline:{plain=x,login=x}", "static:rest", "cram-md5"},
                          {"PLAIN", "LOGIN", "CRAM-MD5"});
  ASSERT_TRUE(names.has_value()) << names.error().text;
  EXPECT_EQ(*names, (std::vector<std::string>{"!PLAIN", "!LOGIN", "static:rest", "cram-md5"}));
  EXPECT_FALSE(load_names("x", {"fail:x"}, {"PLAIN"}).has_value());
}

TEST(match_list, tables_hold_networks) {
  auto list = network_match_list::load("mynetworks",
                                       {"!inline:{192.0.2.7=x}", "cidr:{{192.0.2.0/24 ours}}", "[2001:db8::]/32"});
  ASSERT_TRUE(list.has_value()) << list.error().text;
  EXPECT_EQ(list->find(*ip_address::parse("192.0.2.7")), nullptr);
  auto const* found = list->find(*ip_address::parse("192.0.2.8"));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->text(), "192.0.2.8/32");
  EXPECT_NE(list->find(*ip_address::parse("2001:db8::1")), nullptr);
  EXPECT_EQ(list->positive_networks().size(), 1U);
  auto all = network_match_list::load("mynetworks", {"static:yes"});
  ASSERT_TRUE(all.has_value());
  ASSERT_NE(all->find(*ip_address::parse("192.0.2.8")), nullptr);
  EXPECT_EQ(all->find(*ip_address::parse("192.0.2.8"))->prefix_bits, 0U);
}

}  // namespace
}  // namespace postern::policy
