#include "base/time.hpp"

#include <ctime>

namespace postern {
namespace {

std::tm local(wall_time when) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

// strftime's %a and %b follow LC_TIME; no Postern program calls setlocale, so they are English.
std::string formatted(std::tm const& parts, char const* format) {
  char buffer[80];
  return std::string(buffer, std::strftime(buffer, sizeof buffer, format, &parts));
}

}  // namespace

std::string format_mail_date(wall_time when) {
  auto parts = local(when);
  return formatted(parts, "%a, ") + std::to_string(parts.tm_mday) + formatted(parts, " %b %Y %H:%M:%S %z (%Z)");
}

std::string format_syslog_time(wall_time when) { return formatted(local(when), "%b %e %H:%M:%S"); }

std::string format_utc(wall_time when) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return formatted(parts, "%Y-%m-%dT%H:%M:%SZ");
}

}  // namespace postern
