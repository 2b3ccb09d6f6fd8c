#include "bench/load/statistics.hpp"

#include <sys/resource.h>

namespace postern::bench {

namespace {

double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::string format_percentiles(std::vector<float> values) {
  if (values.empty()) return "null";
  std::ranges::sort(values);
  auto at = [&values](double fraction) {
    return values[static_cast<std::size_t>(fraction * static_cast<double>(values.size() - 1))];
  };
  return fmt::format(R"({{"min": {:.3f}, "p50": {:.3f}, "p90": {:.3f}, "p99": {:.3f}, "max": {:.3f}}})", values.front(),
                     at(0.5), at(0.9), at(0.99), values.back());
}

std::string format_failures(std::map<std::string, long> const& failures) {
  std::string text;
  for (auto const& [reason, count] : failures) {
    std::string quoted;
    for (char c : reason) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c < ' ' || c > '~' ? '?' : c;
    }
    text += fmt::format(R"({}"{}": {})", text.empty() ? "" : ", ", quoted, count);
  }
  return "{" + text + "}";
}

}  // namespace

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string format_report(statistics const& measured) {
  double const elapsed = std::chrono::duration<double>(measured.end - measured.begin).count();
  auto const messages = static_cast<double>(measured.message_ms.size());
  return fmt::format(
      R"({{"messages": {}, "seconds": {:.4f}, "messages_per_s": {:.1f}, "octets": {}, "client_cpu_s": {:.3f}, )"
      R"("handshakes": {}, "resumed": {}, "message_ms": {}, "connection_ms": {}, "login_ms": {}, "failures": {}}})",
      measured.message_ms.size(), elapsed, elapsed > 0 ? messages / elapsed : 0, measured.octets,
      own_cpu_seconds() - measured.cpu_seconds_at_begin, measured.handshakes, measured.resumed,
      format_percentiles(measured.message_ms), format_percentiles(measured.connection_ms),
      format_percentiles(measured.login_ms), format_failures(measured.failures));
}

}  // namespace postern::bench
