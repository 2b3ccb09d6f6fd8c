#include "rewrite/privacy.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/header_filter.hpp"

namespace postern::rewrite {
namespace {

constexpr std::string_view origin_fields[] = {
    "X-Originating-IP", "X-Original-IP", "X-Sender-IP",          "X-SenderIP",    "X-Client-IP",
    "X-ClientIP",       "X-Remote-IP",   "X-Remote-Addr",        "X-Real-IP",     "X-Forwarded-For",
    "X-Source-IP",      "X-AOL-IP",      "X-Yahoo-Post-IP",      "X-EIP",         "X-HTTP-Posting-Host",
    "X-Origin-IP",      "X-MDRemoteIP",  "X-Originating-Client", "X-Source-Host", "X-Client-Addr",
};
constexpr std::string_view mailer_fields[] = {"X-Mailer",     "User-Agent",       "X-MimeOLE",
                                              "X-Newsreader", "X-Mailer-Version", "X-Operating-System"};

bool is_one_of(std::string_view name, std::span<std::string_view const> names) {
  return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

struct switch_row {
  std::string_view word;
  bool privacy_profile::* member;
};
constexpr switch_row switches[] = {
    {"received", &privacy_profile::received},     {"origin", &privacy_profile::origin},
    {"message_id", &privacy_profile::message_id}, {"login", &privacy_profile::login},
    {"mailer", &privacy_profile::mailer},         {"date", &privacy_profile::date},
};

constexpr privacy_profile usual{.received = true, .origin = true, .message_id = true};

// Neither the sender's domain nor one above it: a device's own name, as likely as not.
bool tells_device(std::string_view host, std::string_view sender_domain) {
  if (iequals(host, sender_domain)) return false;
  bool const above = sender_domain.size() > host.size() + 1 && iends_with(sender_domain, host) &&
                     sender_domain[sender_domain.size() - host.size() - 1] == '.';
  return !(above && host.contains('.'));
}

std::optional<std::string> rewrite_message_id(std::string_view field, std::string_view sender_domain) {
  auto const at = field.rfind('@');
  auto const end = field.find('>', at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || end == std::string_view::npos || sender_domain.empty()) return std::nullopt;
  auto const host = field.substr(at + 1, end - at - 1);
  if (!tells_device(host, sender_domain)) return std::nullopt;
  return fmt::format("{}@{}{}", field.substr(0, at), sender_domain, field.substr(end));
}

constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// "+0100"; names of zones are obsolete and mean what they like. [RFC 5322 §4.3]
std::optional<std::chrono::minutes> parse_zone(std::string_view zone) {
  if (iequals(zone, "GMT") || iequals(zone, "UT") || iequals(zone, "Z")) return std::chrono::minutes(0);
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  auto const digits = parse_unsigned(zone.substr(1));
  if (!digits || *digits % 100 >= 60 || *digits / 100 > 23) return std::nullopt;
  auto const minutes = std::chrono::minutes(*digits / 100 * 60 + *digits % 100);
  return zone[0] == '-' ? -minutes : minutes;
}

std::optional<std::chrono::seconds> parse_time_of_day(std::string_view text) {
  auto const parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  std::uint64_t values[3] = {0, 0, 0};
  constexpr std::uint64_t limits[3] = {24, 60, 61};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto const number = parse_unsigned(parts[i]);
    if (!number || *number >= limits[i]) return std::nullopt;
    values[i] = *number;
  }
  return std::chrono::seconds(values[0] * 3600 + values[1] * 60 + values[2]);
}

}  // namespace

result<privacy_profile> privacy_profile::parse(std::vector<std::string> const& words) {
  privacy_profile out;
  for (std::string_view word : words) {
    if (iequals(word, "yes")) {
      out = usual;
    } else if (iequals(word, "no")) {
      out = {};
    } else if (iequals(word, "all")) {
      for (auto const& one : switches) out.*one.member = true;
    } else {
      bool const on = !word.starts_with('!');
      auto const name = on ? word : word.substr(1);
      auto const* row = std::ranges::find_if(switches, [name](auto const& one) { return iequals(one.word, name); });
      if (row == std::end(switches)) {
        return fail(
            fmt::format("smtpd_sasl_anonymize: {}: want yes, no, all, received, origin, message_id, login, "
                        "mailer or date",
                        printable(word)));
      }
      out.*row->member = on;
    }
  }
  return out;
}

// By the first letters only: most names are none of these.
bool privacy_profile::may_concern(std::string_view name) const noexcept {
  if (name.empty()) return false;
  switch (name.front()) {
    case 'X':
    case 'x':
    case 'U':
    case 'u':
      return origin || mailer;
    case 'M':
    case 'm':
      return message_id;
    case 'D':
    case 'd':
      return date;
    case 'R':
    case 'r':
      return (message_id || date) && istarts_with(name, "Resent-");
    default:
      return false;
  }
}

std::string date_in_utc(std::string_view date) {
  auto words = split_any(date.substr(0, date.find('(')), " \t\r\n");
  if (!words.empty() && words.front().ends_with(',')) words.erase(words.begin());
  if (words.size() != 5) return {};
  auto const day = parse_unsigned(words[0]);
  auto const* const month = std::ranges::find_if(months, [&](auto name) { return iequals(name, words[1]); });
  auto const year = parse_unsigned(words[2]);
  auto const time = parse_time_of_day(words[3]);
  auto const zone = parse_zone(words[4]);
  if (!day || month == std::end(months) || !year || *year < 1900 || *year > 9999 || !time || !zone) return {};
  std::chrono::year_month_day const calendar{
      std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(month - months) + 1),
      std::chrono::day(static_cast<unsigned>(std::min<std::uint64_t>(*day, 99)))};
  if (!calendar.ok()) return {};
  auto const when = std::chrono::sys_seconds(std::chrono::sys_days(calendar)) + *time - *zone;
  auto const midnight = std::chrono::floor<std::chrono::days>(when);
  std::chrono::year_month_day const utc(midnight);
  std::chrono::hh_mm_ss const clock(when - midnight);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000", weekdays[std::chrono::weekday(midnight).c_encoding()],
                     static_cast<unsigned>(utc.day()), months[static_cast<unsigned>(utc.month()) - 1],
                     static_cast<int>(utc.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

privacy_edit edit_for_privacy(privacy_profile const& profile, std::string_view field, std::string_view sender_domain) {
  auto const name = field.substr(0, message::field_name_length(field));
  if (profile.origin && is_one_of(name, origin_fields)) return {privacy_edit::what::removed, {}};
  if (profile.mailer && is_one_of(name, mailer_fields)) return {privacy_edit::what::removed, {}};
  if (profile.message_id && (iequals(name, "Message-ID") || iequals(name, "Resent-Message-ID"))) {
    if (auto changed = rewrite_message_id(field, sender_domain)) {
      return {privacy_edit::what::changed, std::move(*changed)};
    }
  }
  if (profile.date && (iequals(name, "Date") || iequals(name, "Resent-Date"))) {
    auto const utc = date_in_utc(trim(field.substr(field.find(':') + 1)));
    auto changed = fmt::format("{}: {}\r\n", name, utc);
    if (!utc.empty() && changed != field) return {privacy_edit::what::changed, std::move(changed)};
  }
  return {};
}

}  // namespace postern::rewrite
