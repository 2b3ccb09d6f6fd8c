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
    auto list = domain_match_list::load("mydestination", row.entries, row.parents);
    ASSERT_TRUE(list.has_value());
    EXPECT_EQ(list->matches(row.domain), row.want)
        << row.domain << " in " << (row.entries.empty() ? "" : row.entries[0]);
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
       {std::string("192.0.2.1/24"), std::string("/no/such/file"), std::string("hash:/etc/postfix/x")}) {
    auto list = network_match_list::load("mynetworks", {entry});
    ASSERT_FALSE(list.has_value()) << entry;
    EXPECT_TRUE(list.error().text.starts_with("mynetworks: ")) << list.error().text;
  }
  EXPECT_FALSE(domain_match_list::load("relay_domains", {"hash:/etc/postfix/relay"}, true).has_value());
}

}  // namespace
}  // namespace postern::policy
