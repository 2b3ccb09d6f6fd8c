#include "anvil/rate_table.hpp"

#include <gtest/gtest.h>

#include "anvil/test_keeper.hpp"

namespace postern::anvil {
namespace {

using ipc::client_counts;
using ipc::client_event;

constexpr front_end first = 1;
constexpr front_end second = 2;

ipc::count_event event(client_event what, char const* client = "192.0.2.7", char const* service = "smtp") {
  return {what, service, client};
}

TEST(rate_table, counts_across_front_ends) {
  rate_table table({});
  EXPECT_EQ(table.count(first, event(client_event::connection), at(0)), (client_counts{1, 1}));
  EXPECT_EQ(table.count(second, event(client_event::connection), at(1)), (client_counts{2, 2}));
  EXPECT_EQ(table.count(first, event(client_event::message), at(1)), (client_counts{1, 2}));
  EXPECT_EQ(table.count(first, event(client_event::connection, "192.0.2.8"), at(1)), (client_counts{1, 1}));
  EXPECT_EQ(table.count(first, event(client_event::connection, "192.0.2.7", "submission"), at(1)),
            (client_counts{1, 1}));
  table.leave(first, {"smtp", "192.0.2.7"});
  EXPECT_EQ(table.count(second, event(client_event::connection), at(2)), (client_counts{3, 2}));
}

TEST(rate_table, what_a_dead_front_end_held_open_is_closed) {
  rate_table table({});
  for (int i = 0; i < 3; ++i) table.count(first, event(client_event::connection), at(0));
  table.count(second, event(client_event::connection), at(0));
  table.front_end_gone(first);
  EXPECT_EQ(table.count(second, event(client_event::connection), at(0)), (client_counts{5, 2}));
  table.leave(first, {"smtp", "192.0.2.7"});  // too late: it is gone
  EXPECT_EQ(table.count(second, event(client_event::message), at(0)), (client_counts{1, 2}));
}

TEST(rate_table, a_new_anvil_is_told_of_open_connections) {
  rate_table table({});
  table.stand(first, {"smtp", "192.0.2.7", 4}, at(0));
  EXPECT_EQ(table.count(second, event(client_event::connection), at(0)), (client_counts{1, 5}));
  table.leave(first, {"smtp", "192.0.2.7"});
  table.front_end_gone(first);
  EXPECT_EQ(table.count(second, event(client_event::connection), at(0)), (client_counts{2, 2}));
}

TEST(rate_table, all_rates_begin_anew_with_the_first_event_after_the_unit) {
  rate_table table({.unit = std::chrono::seconds(60)});
  table.count(first, event(client_event::message), at(0));
  table.count(first, event(client_event::recipient), at(30));
  EXPECT_EQ(table.count(first, event(client_event::message), at(60)).rate, 2U);
  EXPECT_EQ(table.count(first, event(client_event::message), at(61)).rate, 1U);
  EXPECT_EQ(table.count(first, event(client_event::recipient), at(61)).rate, 1U);
}

TEST(rate_table, a_look_counts_nothing) {
  rate_table table({});
  EXPECT_EQ(table.count(first, event(client_event::tls_session_look), at(0)).rate, 0U);
  EXPECT_EQ(table.count(first, event(client_event::new_tls_session), at(0)).rate, 1U);
  EXPECT_EQ(table.count(first, event(client_event::tls_session_look), at(0)).rate, 1U);
}

TEST(rate_table, forgets_who_is_idle_and_gone) {
  rate_table table({.unit = std::chrono::seconds(60), .clients_max = 2});
  table.count(first, event(client_event::connection, "192.0.2.1"), at(0));
  table.count(first, event(client_event::message, "192.0.2.2"), at(0));
  EXPECT_EQ(table.count(first, event(client_event::message, "192.0.2.3"), at(10)).rate, 0U);  // full: passes uncounted
  EXPECT_EQ(table.count(first, event(client_event::message, "192.0.2.3"), at(100)).rate, 1U);
  EXPECT_EQ(table.size(), 2U);
}

TEST(rate_table, statistics_are_those_of_postfix) {
  rate_table table({});
  EXPECT_TRUE(table.take_statistics().empty());
  table.count(first, event(client_event::connection), at(0));
  table.count(first, event(client_event::connection), at(0));
  table.count(first, event(client_event::auth, "2001:db8::1"), at(0));
  auto const stamp = format_syslog_time(at(0).wall);
  std::vector<std::string> const want{"statistics: max connection rate 2/60s for (smtp:192.0.2.7) at " + stamp,
                                      "statistics: max connection count 2 for (smtp:192.0.2.7) at " + stamp,
                                      "statistics: max auth rate 1/60s for (smtp:2001:db8::1) at " + stamp,
                                      "statistics: max cache size 2 at " + stamp};
  EXPECT_EQ(table.take_statistics(), want);
  EXPECT_TRUE(table.take_statistics().empty());
}

}  // namespace
}  // namespace postern::anvil
