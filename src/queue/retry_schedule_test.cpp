#include "queue/retry_schedule.hpp"

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

using std::chrono::seconds;
wall_time const arrival{seconds(1767225600)};

TEST(retry_schedule, the_wait_is_the_age_between_the_bounds) {
  struct row {
    char const* name;
    int age;
    double jitter;
    int want;
  };
  row const rows[] = {
      {"first failure waits the least", 1, 0, 300},
      {"an hour old waits an hour", 3600, 0, 3600},
      {"old waits the most", 86400, 0, 4000},
      {"jitter adds up to a quarter", 1, 0.5, 337},
      {"jitter adds at most queue_run_delay", 3600, 0.5, 3750},
  };
  for (row const& at : rows) {
    wall_time const now = arrival + seconds(at.age);
    auto const next = decide_next_retry({}, arrival, false, now, at.jitter);
    EXPECT_EQ(std::chrono::floor<seconds>(next - now).count(), at.want) << at.name;
  }
}

TEST(retry_schedule, the_last_attempt_is_made_at_expiry) {
  retry_settings const settings;
  wall_time const expiry = decide_expiry(settings, arrival, false);
  EXPECT_EQ(expiry - arrival, settings.maximal_queue_lifetime);
  EXPECT_EQ(decide_next_retry(settings, arrival, false, expiry - seconds(10), 0.9), expiry);
  EXPECT_GT(decide_next_retry(settings, arrival, false, expiry, 0), expiry);
}

TEST(retry_schedule, bounces_live_no_longer_than_mail) {
  retry_settings settings;
  settings.bounce_queue_lifetime = seconds(3600);
  EXPECT_EQ(decide_expiry(settings, arrival, true) - arrival, seconds(3600));
  settings.bounce_queue_lifetime = seconds(10 * 86400);
  EXPECT_EQ(decide_expiry(settings, arrival, true) - arrival, settings.maximal_queue_lifetime);
}

TEST(retry_schedule, a_dead_destination_is_left_alone_longer_each_time) {
  int const want[] = {300, 600, 1200, 2400, 4000, 4000};
  for (unsigned failures = 1; failures <= 6; ++failures) {
    EXPECT_EQ(decide_dead_time({}, failures, 0), seconds(want[failures - 1]));
  }
  EXPECT_EQ(decide_dead_time({}, 1000, 0), seconds(4000));
  EXPECT_EQ(decide_dead_time({}, 1, 1), seconds(375));
}

TEST(retry_schedule, bounds_the_wrong_way_round_do_no_harm) {
  retry_settings settings;
  settings.maximal_backoff_time = seconds(1);
  EXPECT_EQ(decide_next_retry(settings, arrival, false, arrival, 0) - arrival, seconds(300));
  EXPECT_EQ(decide_dead_time(settings, 3, 0), seconds(300));
}

}  // namespace
}  // namespace postern::queue
