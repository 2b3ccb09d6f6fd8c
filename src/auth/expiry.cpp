#include "auth/expiry.hpp"

#include <chrono>

#include "base/text.hpp"
#include "config/value.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

constexpr auto furthest = std::chrono::years(100);

/// The last second of a day "YYYY-MM-DD".
std::optional<wall_time> parse_day(std::string_view text) {
  auto const parts = split(text, '-');
  if (parts.size() != 3 || parts[0].size() != 4 || parts[1].size() != 2 || parts[2].size() != 2) return std::nullopt;
  auto const year = parse_unsigned(parts[0]);
  auto const month = parse_unsigned(parts[1]);
  auto const day = parse_unsigned(parts[2]);
  if (!year || !month || !day) return std::nullopt;
  std::chrono::year_month_day const date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return wall_time(std::chrono::sys_days(date)) + 24h - 1s;
}

}  // namespace

result<std::optional<wall_time>> parse_expiry(std::string_view text, wall_time now) {
  if (iequals(text, "never")) return std::optional<wall_time>();
  auto when = parse_day(text);
  if (!when) {
    auto const time = config::parse_duration(text, 'd');
    if (!time || *time > furthest) {
      return fail("cannot read \"" + printable(text, 64) + "\"; an expiry is like 90d, 2027-01-31 or never");
    }
    when = now + *time;
  }
  if (*when <= now) return fail("the time \"" + printable(text, 64) + "\" is past already");
  return when;
}

}  // namespace postern::auth
