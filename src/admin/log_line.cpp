// Time stamps and prefixes of log lines.
#include <array>
#include <charconv>

#include "base/text.hpp"

#include "admin/login_log.hpp"

namespace postern::admin {
namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// A number of `size` digits, blanks before it allowed; steps over it.
std::optional<int> take_number(std::string_view& text, std::size_t size) {
  if (text.size() < size) return std::nullopt;
  auto const value = parse_unsigned(trim(text.substr(0, size)));
  if (!value) return std::nullopt;
  text.remove_prefix(size);
  return static_cast<int>(*value);
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// "10:00:00".
bool take_clock(std::string_view& text, std::tm& out) {
  for (auto* const part : {&out.tm_hour, &out.tm_min, &out.tm_sec}) {
    if (part != &out.tm_hour && !take(text, ":")) return false;
    auto const value = take_number(text, 2);
    if (!value || *value > 60) return false;
    *part = *value;
  }
  return true;
}

wall_time make_local_time(std::tm parts) {
  parts.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&parts));
}

// "Nov 22 10:00:00": the last one that has been.
std::optional<wall_time> take_traditional(std::string_view& text, wall_time now) {
  std::tm parts{};
  for (; parts.tm_mon < 12; ++parts.tm_mon) {
    if (take(text, months[static_cast<std::size_t>(parts.tm_mon)])) break;
  }
  if (parts.tm_mon == 12 || !take(text, " ")) return std::nullopt;
  auto const day = take_number(text, 2);
  if (!day || !take(text, " ") || !take_clock(text, parts)) return std::nullopt;
  parts.tm_mday = *day;
  auto const seconds = std::chrono::system_clock::to_time_t(now);
  std::tm today{};
  ::localtime_r(&seconds, &today);
  parts.tm_year = today.tm_year;
  auto when = make_local_time(parts);
  if (when > now + days(1)) {
    --parts.tm_year;
    when = make_local_time(parts);
  }
  return when;
}

/// "Z", "+0100", "+01:00".
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, "Z")) return std::chrono::minutes(0);
  int const sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, "+") && !take(text, "-")) return std::nullopt;
  auto const hours = take_number(text, 2);
  take(text, ":");
  auto const minutes = take_number(text, 2);
  if (!hours || !minutes) return std::nullopt;
  return std::chrono::minutes(sign * (*hours * 60 + *minutes));
}

// "2026-11-22T10:00:00.123456+00:00" [RFC 3339 §5.6]
std::optional<wall_time> take_iso(std::string_view& text) {
  auto const year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  auto const month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  auto const day = take_number(text, 2);
  std::tm clock{};
  if (!day || !take(text, "T") || !take_clock(text, clock)) return std::nullopt;
  if (take(text, ".")) text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  auto const zone = take_zone(text);
  if (!zone) return std::nullopt;
  std::chrono::year_month_day const date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(clock.tm_hour) + std::chrono::minutes(clock.tm_min) +
         std::chrono::seconds(clock.tm_sec) - *zone;
}

}  // namespace

std::optional<log_line> parse_log_line(std::string_view line, wall_time now) {
  bool const iso = !line.empty() && is_ascii_digit(line.front());
  auto const when = iso ? take_iso(line) : take_traditional(line, now);
  if (!when || !take(line, " ")) return std::nullopt;
  auto const host = line.find(' ');
  if (host == std::string_view::npos) return std::nullopt;
  line.remove_prefix(host + 1);
  auto const colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  auto tag = line.substr(0, colon);
  auto text = line.substr(colon + 2);
  tag = tag.substr(0, std::min(tag.find('['), tag.size()));
  auto const slash = tag.rfind('/');
  if (slash == std::string_view::npos || tag.contains(' ')) return std::nullopt;
  for (auto const word : {"warning: ", "error: "}) take(text, word);
  return log_line{*when, tag.substr(slash + 1), text};
}

}  // namespace postern::admin
