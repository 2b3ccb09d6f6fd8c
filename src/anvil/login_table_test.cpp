#include "anvil/login_table.hpp"

#include <gtest/gtest.h>

#include "anvil/test_keeper.hpp"

namespace postern::anvil {
namespace {

class login_table_test : public testing::Test {
 protected:
  std::uint64_t delay(std::string const& account, std::string const& address, std::int64_t when) const {
    return table.check({account, address}, at(when).wall).delay_ms;
  }
  void wrong(std::string const& account, std::string const& address, std::uint64_t mark, std::int64_t when) {
    table.report({account, address, false, mark}, at(when).wall);
  }
  void right(std::string const& account, std::string const& address, std::int64_t when) {
    table.report({account, address, true, 0}, at(when).wall);
  }

  test_keeper memory;
  login_table table{{}, memory};
};

TEST_F(login_table_test, delays_grow_behind_the_limit_and_have_an_end) {
  std::vector<std::uint64_t> delays;
  for (std::uint64_t mark = 1; mark <= 12; ++mark) {
    delays.push_back(delay("joe" + std::to_string(mark), "192.0.2.7", 0));
    wrong("joe" + std::to_string(mark), "192.0.2.7", mark, 0);
  }
  EXPECT_EQ(delays, (std::vector<std::uint64_t>{0, 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16000, 30000, 30000}));
  EXPECT_EQ(table.check({"x", "192.0.2.7"}, at(0).wall).reason, "12 wrong logins from 192.0.2.7");
}

TEST_F(login_table_test, the_same_wrong_secret_counts_once) {
  for (int i = 0; i < 1000; ++i) wrong("joe", "192.0.2.7", 4711, i);
  EXPECT_EQ(delay("joe", "192.0.2.7", 1000), 0U);
  for (std::uint64_t mark = 1; mark <= 5; ++mark) wrong("joe", "192.0.2.7", mark, 1000);
  EXPECT_EQ(delay("joe", "192.0.2.7", 1000), 2000U);
}

TEST_F(login_table_test, a_mechanism_that_hides_the_secret_counts_every_time) {
  for (int i = 0; i < 5; ++i) wrong("joe", "192.0.2.7", 0, 0);
  EXPECT_EQ(delay("joe", "192.0.2.7", 0), 1000U);
}

TEST_F(login_table_test, a_whole_network_counts_too) {
  for (std::uint64_t i = 0; i < 20; ++i) wrong("joe" + std::to_string(i), "192.0.2." + std::to_string(i), i + 1, 0);
  EXPECT_EQ(delay("jane", "192.0.2.200", 0), 1000U);
  EXPECT_EQ(delay("jane", "192.0.3.200", 0), 0U);
  for (std::uint64_t i = 0; i < 20; ++i) wrong("jim" + std::to_string(i), "2001:db8::" + std::to_string(i), i + 1, 0);
  EXPECT_EQ(delay("jane", "2001:db8::ffff:1", 0), 1000U);
  EXPECT_EQ(delay("jane", "2001:db8:0:1::1", 0), 0U);
}

TEST_F(login_table_test, guesses_at_one_user_from_everywhere_wait) {
  for (std::uint64_t i = 0; i < 13; ++i) wrong("joe", "198." + std::to_string(i) + ".2.1", i + 1, 0);
  EXPECT_EQ(delay("joe", "203.0.113.1", 0), 8000U);
  EXPECT_EQ(delay("jane", "203.0.113.1", 0), 0U);
}

TEST_F(login_table_test, who_is_known_there_waits_for_nobody_else) {
  right("joe", "203.0.113.9", 0);
  for (std::uint64_t i = 0; i < 30; ++i) wrong("joe", "198." + std::to_string(i) + ".2.1", i + 1, 0);
  for (std::uint64_t i = 0; i < 30; ++i) wrong("jim", "203.0.113.9", i + 100, 0);
  EXPECT_EQ(delay("joe", "203.0.113.9", 0), 0U);
  EXPECT_EQ(delay("joe", "203.0.113.250", 0), 0U);  // the same site
  EXPECT_EQ(delay("jane", "203.0.113.9", 0), 30000U);
  for (std::uint64_t i = 0; i < 5; ++i) wrong("joe", "203.0.113.9", i + 200, 0);
  EXPECT_EQ(delay("joe", "203.0.113.9", 0), 1000U);  // guesses at him from his own site
  constexpr std::int64_t day = 24 * 3600;
  wrong("jim", "203.0.113.9", 999, 31 * day);
  EXPECT_EQ(delay("joe", "203.0.113.9", 31 * day), 0U);
}

TEST_F(login_table_test, success_takes_back_ones_own_slips_only) {
  for (std::uint64_t i = 0; i < 4; ++i) wrong("jim", "192.0.2.7", i + 1, 0);
  for (std::uint64_t i = 0; i < 4; ++i) wrong("joe", "192.0.2.7", i + 100, 0);
  EXPECT_EQ(delay("jane", "192.0.2.7", 0), 8000U);
  right("joe", "192.0.2.7", 0);
  EXPECT_EQ(delay("jane", "192.0.2.7", 0), 0U);
  wrong("jim", "192.0.2.7", 50, 0);
  EXPECT_EQ(delay("jane", "192.0.2.7", 0), 1000U);
}

TEST_F(login_table_test, counts_halve_with_time) {
  for (std::uint64_t mark = 1; mark <= 8; ++mark) wrong("x" + std::to_string(mark), "192.0.2.7", mark, 0);
  EXPECT_EQ(delay("joe", "192.0.2.7", 3599), 8000U);
  EXPECT_EQ(delay("joe", "192.0.2.7", 3600), 0U);
  table.expire(at(3600 * 10).wall);
  EXPECT_TRUE(memory.kept.empty());
}

TEST_F(login_table_test, outlasts_the_process) {
  right("joe", "203.0.113.9", 0);
  for (std::uint64_t mark = 1; mark <= 6; ++mark) wrong("jim", "192.0.2.7", mark, 0);
  memory.put("fdamaged", "\xff");
  memory.put("kdamaged", "\xff");
  login_table again({}, memory);
  again.load(at(1).wall);
  EXPECT_EQ(again.check({"jane", "192.0.2.7"}, at(1).wall).delay_ms, 2000U);
  for (std::uint64_t mark = 1; mark <= 6; ++mark) again.report({"jim", "192.0.2.7", false, mark}, at(1).wall);
  EXPECT_EQ(again.check({"jane", "192.0.2.7"}, at(1).wall).delay_ms, 2000U);  // it remembers the secrets' marks
  again.report({"jim", "203.0.113.9", false, 7}, at(1).wall);
  EXPECT_EQ(again.check({"joe", "203.0.113.9"}, at(1).wall).delay_ms, 0U);
  EXPECT_FALSE(memory.kept.contains("fdamaged"));
  EXPECT_FALSE(memory.kept.contains("kdamaged"));
}

TEST_F(login_table_test, takes_strange_names_and_addresses) {
  for (int i = 0; i < 50; ++i) {
    wrong("", "192.0.2.7", 0, 0);
    wrong("joe", "no address", 0, 0);
    wrong(std::string(500, 'x'), "198.51.100.9", 0, 0);
  }
  EXPECT_EQ(delay("jane", "192.0.2.7", 0), 30000U);
  EXPECT_EQ(delay("joe", "", 0), 30000U);
  EXPECT_EQ(delay("jane", "198.51.100.9", 0), 30000U);
}

TEST_F(login_table_test, says_whether_anybody_has_to_wait) {
  EXPECT_TRUE(table.check({"joe", "192.0.2.7"}, at(0).wall).quiet);
  for (std::uint64_t mark = 1; mark <= 4; ++mark) wrong("jim", "192.0.2.7", mark, 0);
  EXPECT_TRUE(table.check({"joe", "203.0.113.1"}, at(0).wall).quiet);
  wrong("jim", "192.0.2.7", 5, 0);
  EXPECT_FALSE(table.check({"joe", "203.0.113.1"}, at(0).wall).quiet);
  login_table again({}, memory);
  again.load(at(1).wall);
  EXPECT_FALSE(again.check({"joe", "203.0.113.1"}, at(1).wall).quiet);
  table.expire(at(36000).wall);
  EXPECT_TRUE(table.check({"joe", "203.0.113.1"}, at(36000).wall).quiet);
}

TEST(login_table, zero_turns_a_limit_off) {
  test_keeper memory;
  login_table table({.address_limit = 0, .network_limit = 0, .account_limit = 0}, memory);
  for (std::uint64_t i = 0; i < 100; ++i) table.report({"joe", "192.0.2.7", false, i}, at(0).wall);
  EXPECT_EQ(table.check({"joe", "192.0.2.7"}, at(0).wall).delay_ms, 0U);
}

TEST(login_table, remembers_so_many_and_no_more) {
  test_keeper memory;
  login_table table({.subjects_max = 100}, memory);
  for (int i = 0; i < 1000; ++i) table.report({"joe" + std::to_string(i), "", false, 1}, at(0).wall);
  EXPECT_LE(memory.kept.size(), 100U);
}

}  // namespace
}  // namespace postern::anvil
