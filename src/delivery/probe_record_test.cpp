#include "delivery/probe_record.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

using ipc::verify_status;
using std::chrono::days;
using std::chrono::hours;

constexpr wall_time now{std::chrono::seconds(1'800'000'000)};
constexpr probe_ages ages;

probe_record made(verify_status status, std::chrono::seconds ago) { return {status, now - ago, now - ago, "text"}; }

TEST(probe_record, comes_back_as_it_went) {
  probe_record const record{verify_status::undeliverable, now, now + days(1), "host mx[192.0.2.1] said: 550 a:b"};
  EXPECT_EQ(format_probe_record(record), "2:1800000000:1800086400:host mx[192.0.2.1] said: 550 a:b");
  EXPECT_EQ(parse_probe_record(format_probe_record(record)), record);
  EXPECT_EQ(parse_probe_record("0:1:2:").value().text, "");
}

TEST(probe_record, of_another_shape_is_none) {
  for (auto const* text : {"", "0", "0:1", "0:1:2", "4:1:2:x", "x:1:2:x", "0:-1:2:x", "0:1:99999999999999:x",
                           "0:1:99999999999999999999999:x", " 0:1:2:x"}) {
    EXPECT_FALSE(parse_probe_record(text)) << text;
  }
}

TEST(probe_record, grows_stale_and_expires) {
  struct row {
    verify_status status;
    std::chrono::seconds age;
    bool stale, expired;
  };
  row const rows[] = {
      {verify_status::deliverable, hours(1), false, false},  {verify_status::deliverable, days(8), true, false},
      {verify_status::deliverable, days(32), true, true},    {verify_status::undeliverable, hours(1), false, false},
      {verify_status::undeliverable, hours(4), true, false}, {verify_status::undeliverable, days(4), true, true},
      {verify_status::deferred, hours(4), true, false},      {verify_status::deferred, days(4), true, true},
      {verify_status::in_progress, hours(0), false, true},
  };
  for (auto const& row : rows) {
    auto const record = made(row.status, row.age);
    EXPECT_EQ(is_expired(record, ages, now), row.expired) << format_probe_record(record);
    if (row.status != verify_status::in_progress) {
      EXPECT_EQ(is_stale(record, ages, now), row.stale) << format_probe_record(record);
    }
  }
}

TEST(probe_record, a_failure_does_not_overrule_a_success_that_counts) {
  auto const yes = made(verify_status::deliverable, hours(0));
  auto const no = made(verify_status::undeliverable, hours(0));
  auto const old_yes = made(verify_status::deliverable, days(8));
  auto const dead_yes = made(verify_status::deliverable, days(32));
  auto const later = made(verify_status::deferred, hours(0));
  EXPECT_TRUE(is_worth_keeping(yes, nullptr, ages, now));
  EXPECT_TRUE(is_worth_keeping(yes, &no, ages, now));
  EXPECT_TRUE(is_worth_keeping(no, nullptr, ages, now));
  EXPECT_TRUE(is_worth_keeping(no, &later, ages, now));
  EXPECT_FALSE(is_worth_keeping(no, &old_yes, ages, now));
  EXPECT_FALSE(is_worth_keeping(later, &old_yes, ages, now));
  EXPECT_TRUE(is_worth_keeping(no, &dead_yes, ages, now));
  probe_ages forgetful;
  forgetful.keeps_failures = false;
  EXPECT_FALSE(is_worth_keeping(no, nullptr, forgetful, now));
  EXPECT_TRUE(is_worth_keeping(yes, nullptr, forgetful, now));
}

}  // namespace
}  // namespace postern::delivery
