#include "service/master/restart_schedule.hpp"

#include <gtest/gtest.h>

namespace postern::service::master {
namespace {

using std::chrono::milliseconds;

TEST(restart_schedule, starts_at_once_what_had_served) {
  restart_schedule schedule(milliseconds(60'000));
  EXPECT_EQ(milliseconds(0), schedule.on_death(milliseconds(1000), true));
}

TEST(restart_schedule, waits_longer_each_time_up_to_the_longest) {
  restart_schedule schedule(milliseconds(60'000));
  for (auto want : {100, 200, 400, 800, 1600, 3200, 6400, 12'800, 25'600, 51'200, 60'000, 60'000})
    EXPECT_EQ(milliseconds(want), schedule.on_death(milliseconds(5), false));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(milliseconds(60'000), schedule.on_death(milliseconds(5), true));
}

TEST(restart_schedule, forgives_after_a_good_life) {
  restart_schedule schedule(milliseconds(60'000));
  schedule.on_death(milliseconds(5), false);
  schedule.on_death(milliseconds(5), false);
  EXPECT_EQ(milliseconds(0), schedule.on_death(milliseconds(5000), true));
  EXPECT_EQ(milliseconds(100), schedule.on_death(milliseconds(5), true));
}

TEST(restart_schedule, does_not_trust_a_long_life_without_service) {
  restart_schedule schedule(milliseconds(60'000));
  EXPECT_EQ(milliseconds(100), schedule.on_death(milliseconds(30'000), false));
}

}  // namespace
}  // namespace postern::service::master
