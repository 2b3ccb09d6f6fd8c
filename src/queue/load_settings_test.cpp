#include "queue/load_settings.hpp"

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

using std::chrono::seconds;

manager_settings load(std::string_view main_cf) {
  return load_manager_settings(config::settings::load_text(main_cf, {}).value());
}

TEST(load_manager_settings, defaults_are_postfixs) {
  manager_settings const settings = load("");
  EXPECT_EQ(settings.retry.minimal_backoff_time, seconds(300));
  EXPECT_EQ(settings.retry.maximal_backoff_time, seconds(4000));
  EXPECT_EQ(settings.retry.maximal_queue_lifetime, seconds(5 * 86400));
  EXPECT_EQ(settings.retry.delay_warning_time, seconds(0));
  EXPECT_EQ(settings.scheduling.initial_destination_concurrency, 5U);
  EXPECT_EQ(settings.scheduling.default_destination_concurrency_limit, 20U);
  EXPECT_EQ(settings.destination_recipient_limit, 50U);
}

TEST(load_manager_settings, values_are_taken_and_zero_is_no_limit) {
  manager_settings const settings = load(
      "minimal_backoff_time = 1m\nmaximal_backoff_time = 2h\nqueue_run_delay = 30\nbounce_queue_lifetime = 1d\n"
      "delay_warning_time = 4h\ndefault_destination_concurrency_limit = 0\ndefault_destination_recipient_limit = 0\n");
  EXPECT_EQ(settings.retry.minimal_backoff_time, seconds(60));
  EXPECT_EQ(settings.retry.maximal_backoff_time, seconds(7200));
  EXPECT_EQ(settings.retry.queue_run_delay, seconds(30));
  EXPECT_EQ(settings.retry.bounce_queue_lifetime, seconds(86400));
  EXPECT_EQ(settings.retry.delay_warning_time, seconds(4 * 3600));
  EXPECT_GT(settings.scheduling.default_destination_concurrency_limit, 1000000U);
  EXPECT_GT(settings.destination_recipient_limit, 1000000U);
}

}  // namespace
}  // namespace postern::queue
