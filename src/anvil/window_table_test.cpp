#include "anvil/window_table.hpp"

#include <gtest/gtest.h>

#include "anvil/test_keeper.hpp"

namespace postern::anvil {
namespace {

std::vector<std::string> accounts_at(window_table const& table, char const* address, std::int64_t when) {
  std::vector<std::string> out;
  for (auto const& one : table.find(*ip_address::parse(address), at(when).wall)) out.push_back(one.account);
  return out;
}

using names = std::vector<std::string>;

TEST(window_table, opens_for_a_time_and_a_network) {
  test_keeper memory;
  window_table table({}, memory);
  ASSERT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(0).wall).value());
  ASSERT_TRUE(table.open({"jane", "2001:db8:1:2::5", "pop3", 0}, at(0).wall).value());
  struct row {
    char const* address;
    std::int64_t when;
    names want;
  };
  for (auto const& [address, when, want] : {
           row{"192.0.2.7", 0, {"joe"}},
           row{"192.0.2.7", 599, {"joe"}},
           row{"192.0.2.7", 600, {}},
           row{"192.0.2.8", 0, {}},
           row{"2001:db8:1:2:ffff::1", 0, {"jane"}},
           row{"2001:db8:1:3::5", 0, {}},
       }) {
    EXPECT_EQ(accounts_at(table, address, when), want) << address << " " << when;
  }
}

TEST(window_table, a_further_login_makes_it_last_longer) {
  test_keeper memory;
  window_table table({}, memory);
  EXPECT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(0).wall).value());
  EXPECT_FALSE(table.open({"joe", "192.0.2.7", "imap", 0}, at(500).wall).value());
  EXPECT_EQ(accounts_at(table, "192.0.2.7", 1099), names{"joe"});
  EXPECT_EQ(accounts_at(table, "192.0.2.7", 1100), names{});
  EXPECT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(1200).wall).value());
}

TEST(window_table, an_administrators_window_is_not_cut_short) {
  test_keeper memory;
  window_table table({}, memory);
  EXPECT_TRUE(table.open({"joe", "192.0.2.7", "administrator", 86400}, at(0).wall).value());
  EXPECT_FALSE(table.open({"joe", "192.0.2.7", "imap", 0}, at(10).wall).value());
  EXPECT_EQ(accounts_at(table, "192.0.2.7", 86399), names{"joe"});
}

TEST(window_table, two_accounts_behind_one_address_the_newest_first) {
  test_keeper memory;
  window_table table({}, memory);
  EXPECT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(0).wall));
  EXPECT_TRUE(table.open({"jane", "192.0.2.7", "imap", 0}, at(5).wall));
  EXPECT_EQ(accounts_at(table, "192.0.2.7", 6), (names{"jane", "joe"}));
}

TEST(window_table, closes_by_account_by_address_and_by_both) {
  struct row {
    char const* name;
    ipc::window_closing which;
    std::uint64_t closed;
    names left_at_7;
    names left_at_8;
  };
  for (auto const& [name, which, closed, left_at_7, left_at_8] : {
           row{"account", {"joe", "", "locked"}, 2, {"jane"}, {}},
           row{"address", {"", "192.0.2.7", "shared"}, 2, {}, {"joe"}},
           row{"both", {"joe", "192.0.2.7", ""}, 1, {"jane"}, {"joe"}},
           row{"all", {"", "", ""}, 3, {}, {}},
           row{"stranger", {"jim", "", ""}, 0, {"jane", "joe"}, {"joe"}},
           row{"no address", {"joe", "nonsense", ""}, 0, {"jane", "joe"}, {"joe"}},
       }) {
    test_keeper memory;
    window_table table({}, memory);
    for (auto const& [account, address] :
         {std::pair("jane", "192.0.2.7"), std::pair("joe", "192.0.2.7"), std::pair("joe", "192.0.2.8")}) {
      ASSERT_TRUE(table.open({account, address, "imap", 0}, at(0).wall));
    }
    EXPECT_EQ(table.close(which), closed) << name;
    EXPECT_EQ(accounts_at(table, "192.0.2.7", 1), left_at_7) << name;
    EXPECT_EQ(accounts_at(table, "192.0.2.8", 1), left_at_8) << name;
    EXPECT_EQ(memory.kept.size(), 3 - closed) << name;
  }
}

TEST(window_table, outlasts_the_process) {
  test_keeper memory;
  {
    window_table table({}, memory);
    ASSERT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(0).wall));
    ASSERT_TRUE(table.open({"jane", "2001:db8::1", "imap", 0}, at(300).wall));
    table.use({"jane", "2001:db8::1"}, at(301));
  }
  memory.put("wdamaged", "\xff\xff");
  window_table table({}, memory);
  table.load(at(700).wall);
  EXPECT_EQ(accounts_at(table, "192.0.2.7", 700), names{});
  auto const found = table.find(*ip_address::parse("2001:db8::2"), at(700).wall);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].uses, 1U);
  EXPECT_EQ(found[0].origin, "imap");
  EXPECT_EQ(memory.kept.size(), 1U);  // what is over or damaged is gone
}

TEST(window_table, one_of_another_prefix_length_is_dropped) {
  test_keeper memory;
  {
    window_table table({}, memory);
    ASSERT_TRUE(table.open({"jane", "2001:db8:1:2:3::1", "imap", 0}, at(0).wall));
  }
  window_table table({.ipv6_prefix = 128}, memory);
  table.load(at(1).wall);
  EXPECT_TRUE(table.list(at(1).wall).empty());
  EXPECT_TRUE(memory.kept.empty());
}

TEST(window_table, has_a_rate_of_its_own) {
  test_keeper memory;
  window_table table({.rate_unit = std::chrono::seconds(60)}, memory);
  EXPECT_EQ(table.use({"joe", "192.0.2.7"}, at(0)).rate, 0U);  // not open
  ASSERT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(0).wall));
  EXPECT_EQ(table.use({"joe", "192.0.2.7"}, at(0)).rate, 1U);
  EXPECT_EQ(table.use({"joe", "192.0.2.7"}, at(60)).rate, 2U);
  EXPECT_EQ(table.use({"joe", "192.0.2.7"}, at(61)).rate, 1U);
  EXPECT_EQ(table.use({"joe", "192.0.2.7"}, at(601)).rate, 0U);  // over
}

TEST(window_table, refuses_what_cannot_be_one) {
  test_keeper memory;
  window_table table({.windows_max = 1}, memory);
  EXPECT_FALSE(table.open({"", "192.0.2.7", "imap", 0}, at(0).wall));
  EXPECT_FALSE(table.open({"joe", "192.0.2", "imap", 0}, at(0).wall));
  EXPECT_FALSE(table.open({std::string(401, 'x'), "192.0.2.7", "imap", 0}, at(0).wall));
  EXPECT_FALSE(table.open({std::string("j\0e", 3), "192.0.2.7", "imap", 0}, at(0).wall));
  EXPECT_TRUE(table.open({"joe", "192.0.2.7", "imap", 0}, at(0).wall));
  EXPECT_FALSE(table.open({"joe", "192.0.2.8", "imap", 0}, at(0).wall));
  EXPECT_TRUE(table.open({"joe", "192.0.2.8", "imap", 0}, at(600).wall));  // the first one is over
}

}  // namespace
}  // namespace postern::anvil
