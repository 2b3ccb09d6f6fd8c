#include "anvil/account_table.hpp"

#include <gtest/gtest.h>

#include "anvil/test_keeper.hpp"

namespace postern::anvil {
namespace {

ipc::account_use message_to(std::vector<std::string> recipients, std::string address = "192.0.2.7") {
  return {"joe", std::move(address), std::move(recipients)};
}

account_table::settings no_limits() {
  account_table::settings how;
  how.hour = {};
  how.day = {};
  how.networks = 0;
  how.countries = 0;
  return how;
}

class account_table_test : public testing::Test {
 protected:
  account_table make(account_table::settings how) { return {std::move(how), memory, secret("a key")}; }
  test_keeper memory;
};

TEST_F(account_table_test, each_limit_holds_the_account_and_names_itself) {
  struct row {
    char const* name;
    std::function<void(account_table::settings&)> set;
    std::vector<ipc::account_use> good;
    ipc::account_use last;
    char const* reason;
  };
  for (auto const& [name, set, good, last, reason] : {
           row{"messages an hour",
               [](auto& how) { how.hour.messages = 2; },
               {message_to({"a"}), message_to({"a"})},
               message_to({"a"}),
               "3 messages within an hour (account_hour_message_limit = 2)"},
           row{"messages a day",
               [](auto& how) { how.day.messages = 1; },
               {message_to({"a"})},
               message_to({"a"}),
               "2 messages within a day (account_day_message_limit = 1)"},
           row{"recipients",
               [](auto& how) { how.hour.recipients = 3; },
               {message_to({"a", "b", "c"})},
               message_to({"a"}),
               "4 recipients within an hour (account_hour_recipient_limit = 3)"},
           row{"recipients a day",
               [](auto& how) { how.day.recipients = 3; },
               {message_to({"a", "b", "c"})},
               message_to({"a"}),
               "4 recipients within a day (account_day_recipient_limit = 3)"},
           row{"new recipients",
               [](auto& how) { how.day.new_recipients = 2; },
               {message_to({"a", "b"}), message_to({"b", "A"}), message_to({"a", "B"})},
               message_to({"c"}),
               "3 recipients it never wrote to before, within a day (account_day_new_recipient_limit = 2)"},
           row{"new recipients an hour",
               [](auto& how) { how.hour.new_recipients = 1; },
               {message_to({"a"})},
               message_to({"b"}),
               "2 recipients it never wrote to before, within an hour (account_hour_new_recipient_limit = 1)"},
           row{"countries",
               [](auto& how) { how.countries = 1; },
               {{"joe", "192.0.2.7", {"a"}, "DE"},
                {"joe", "198.51.100.1", {"a"}, "DE"},
                message_to({"a"}, "203.0.113.9")},
               {"joe", "192.0.2.7", {"a"}, "FR"},
               "2 countries within account_network_time (account_country_limit = 1)"},
           row{"networks",
               [](auto& how) { how.networks = 2; },
               {message_to({"a"}, "192.0.2.7"), message_to({"a"}, "192.0.99.7"), message_to({"a"}, "2001:db8:1::1"),
                message_to({"a"}, "2001:db8:2::1"), message_to({"a"}, "127.0.0.1")},
               message_to({"a"}, "198.51.100.1"),
               "3 networks within account_network_time (account_network_limit = 2)"},
       }) {
    memory.kept.clear();
    auto how = no_limits();
    set(how);
    auto table = make(how);
    for (auto const& one : good) EXPECT_FALSE(table.use(one, at(0).wall).verdict.hold) << name;
    auto const out = table.use(last, at(1).wall);
    EXPECT_TRUE(out.verdict.hold) << name;
    EXPECT_TRUE(out.newly_held) << name;
    EXPECT_EQ(out.verdict.reason, reason) << name;
    auto const next = table.use(last, at(2).wall);
    EXPECT_TRUE(next.verdict.hold && !next.newly_held) << name;
  }
}

TEST_F(account_table_test, hours_and_days_end) {
  auto how = no_limits();
  how.hour.messages = 2;
  how.day.messages = 5;
  auto table = make(how);
  for (std::int64_t hour = 0; hour < 2; ++hour) {
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(table.use(message_to({"a"}), at(hour * 3600).wall).verdict.hold);
  }
  EXPECT_FALSE(table.use(message_to({"a"}), at(7200).wall).verdict.hold);
  auto const row = table.list("joe", at(7200).wall);
  ASSERT_EQ(row.size(), 1U);
  EXPECT_EQ(row[0].messages_hour, 1U);
  EXPECT_EQ(row[0].messages_day, 5U);
  EXPECT_EQ(table.list("joe", at(90000).wall)[0].messages_day, 0U);
  EXPECT_FALSE(table.use(message_to({"a"}), at(86400).wall).verdict.hold);
}

TEST_F(account_table_test, networks_are_forgotten) {
  auto how = no_limits();
  how.networks = 1;
  auto table = make(how);
  EXPECT_FALSE(table.use(message_to({"a"}, "192.0.2.7"), at(0).wall).verdict.hold);
  EXPECT_FALSE(table.use(message_to({"a"}, "198.51.100.1"), at(3600).wall).verdict.hold);
}

TEST_F(account_table_test, countries_outlast_the_process_and_are_forgotten) {
  auto how = no_limits();
  how.countries = 1;
  auto const from = [](char const* country) { return ipc::account_use{"joe", "192.0.2.7", {"a"}, country}; };
  {
    auto table = make(how);
    EXPECT_FALSE(table.use(from("DE"), at(0).wall).verdict.hold);
  }
  for (bool const old : {false, true}) {
    auto kept = memory.kept;
    // As they were written before countries were counted: without the list, an empty one of which is one octet.
    if (old) {
      auto without = make(no_limits());
      without.use({"eve", "192.0.2.7", {"a"}}, at(0).wall);
      memory.kept[std::string("aeve\0", 5)].pop_back();
    }
    auto table = make(how);
    table.load(at(60).wall);
    EXPECT_EQ(table.list(old ? "eve" : "joe", at(60).wall).size(), 1U);
    EXPECT_TRUE(table.use(from("FR"), at(61).wall).verdict.hold);
    memory.kept = std::move(kept);
  }
  auto table = make(how);
  table.load(at(3600).wall);
  EXPECT_FALSE(table.use(from("FR"), at(3600).wall).verdict.hold);
}

TEST_F(account_table_test, recipients_are_known_for_a_time_and_per_account) {
  auto how = no_limits();
  how.day.new_recipients = 1;
  how.known_recipient_time = std::chrono::hours(24 * 10);
  auto table = make(how);
  constexpr std::int64_t day = 86400;
  EXPECT_FALSE(table.use(message_to({"a"}), at(0).wall).verdict.hold);
  EXPECT_FALSE(table.use(message_to({"a", "b"}), at(9 * day).wall).verdict.hold);
  EXPECT_FALSE(table.use(message_to({"a", "b"}), at(18 * day).wall).verdict.hold);
  EXPECT_FALSE(table.use({"jane", "192.0.2.7", {"a"}}, at(18 * day).wall).verdict.hold);
  EXPECT_TRUE(table.use(message_to({"a", "b"}), at(40 * day).wall).verdict.hold);
}

TEST_F(account_table_test, no_recipient_can_be_read_from_memory) {
  auto table = make(no_limits());
  table.use(message_to({"victim@example.net"}), at(0).wall);
  for (auto const& [key, value] : memory.kept) {
    EXPECT_EQ((key + value).find("victim"), std::string::npos);
    EXPECT_EQ((key + value).find("example"), std::string::npos);
  }
  EXPECT_EQ(memory.kept.size(), 2U);
}

TEST_F(account_table_test, release_begins_anew) {
  auto how = no_limits();
  how.day.messages = 1;
  auto table = make(how);
  EXPECT_FALSE(table.release("joe"));
  table.use(message_to({"a"}), at(0).wall);
  EXPECT_TRUE(table.use(message_to({"a"}), at(1).wall).verdict.hold);
  EXPECT_EQ(table.list("", at(1).wall).size(), 1U);
  EXPECT_TRUE(table.release("joe"));
  EXPECT_TRUE(table.list("", at(1).wall).empty());
  EXPECT_FALSE(table.use(message_to({"a"}), at(2).wall).verdict.hold);
}

TEST_F(account_table_test, a_hold_outlasts_process_and_days_and_is_told_once) {
  auto how = no_limits();
  how.day.messages = 1;
  {
    auto table = make(how);
    table.use(message_to({"a"}), at(0).wall);
    table.use(message_to({"a"}), at(1).wall);
    ASSERT_EQ(table.list_untold().size(), 1U);
    EXPECT_EQ(table.list_untold()[0].first, "joe");
    table.use(message_to({"a"}), at(2).wall);
  }
  memory.put("adamaged", "\xff");
  auto table = make(how);
  table.load(at(10 * 86400).wall);
  EXPECT_TRUE(table.use(message_to({"a"}), at(10 * 86400).wall).verdict.hold);
  ASSERT_EQ(table.list_untold().size(), 1U);
  table.told("joe");
  auto again = make(how);
  again.load(at(20 * 86400).wall);
  EXPECT_TRUE(again.list_untold().empty());
  EXPECT_EQ(again.list("", at(20 * 86400).wall).size(), 1U);
  EXPECT_FALSE(memory.kept.contains("adamaged"));
}

TEST_F(account_table_test, exceptions_are_not_counted) {
  auto how = no_limits();
  how.day.messages = 1;
  how.exceptions = {"lists"};
  auto table = make(how);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(table.use({"lists", "192.0.2.7", {"a"}}, at(0).wall).verdict.hold);
  EXPECT_TRUE(memory.kept.empty());
}

}  // namespace
}  // namespace postern::anvil
