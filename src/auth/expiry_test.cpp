#include "auth/expiry.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

wall_time const noon{1'700'000'000s};  // 2023-11-14T22:13:20Z

TEST(expiry, reads_spans_days_and_never) {
  EXPECT_EQ(parse_expiry("90d", noon).value(), noon + 90 * 24h);
  EXPECT_EQ(parse_expiry("90", noon).value(), noon + 90 * 24h);
  EXPECT_EQ(parse_expiry("12h", noon).value(), noon + 12h);
  EXPECT_EQ(parse_expiry("2w", noon).value(), noon + 14 * 24h);
  EXPECT_EQ(format_utc(parse_expiry("2024-02-29", noon).value().value()), "2024-02-29T23:59:59Z");
  EXPECT_EQ(parse_expiry("2023-11-14", noon).value(), wall_time(1'700'006'399s));
  EXPECT_FALSE(parse_expiry("never", noon).value().has_value());
  EXPECT_FALSE(parse_expiry("NEVER", noon).value().has_value());
}

TEST(expiry, says_what_it_cannot_read) {
  for (std::string_view const bad : {"", "soon", "0d", "-5d", "90x", "2023-02-29", "2024-2-1", "24-02-01", "2022-01-01",
                                     "2023-11-13", "200000d", "99999999999999999999d", "2024-13-01"}) {
    auto const got = parse_expiry(bad, noon);
    EXPECT_FALSE(got) << bad;
  }
}

}  // namespace
}  // namespace postern::auth
