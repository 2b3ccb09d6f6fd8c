#include "delivery/delivery_line.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::delivery {

std::string format_delay(log_duration delay) {
  auto seconds = std::chrono::duration<double>(std::max(delay, log_duration::zero())).count();
  if (seconds >= 9.95) return fmt::format("{:.0f}", seconds);
  auto text = fmt::format("{:.{}f}", seconds, seconds >= 0.995 ? 1 : 2);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text.empty() ? "0" : text;
}

std::string format_delivery_line(delivery_line const& line) {
  auto total = line.before_queue_manager + line.in_queue_manager + line.connection_setup + line.transmission;
  std::string out = fmt::format("{}: to=<{}>, ", line.queue_id, printable(line.recipient));
  if (!line.original.empty() && line.original != line.recipient) {
    out += fmt::format("orig_to=<{}>, ", printable(line.original));
  }
  out += fmt::format("relay={}, ", line.relay);
  if (line.connection_use > 1) out += fmt::format("conn_use={}, ", line.connection_use);
  out += fmt::format("delay={}, delays={}/{}/{}/{}, dsn={}, ", format_delay(total),
                     format_delay(line.before_queue_manager), format_delay(line.in_queue_manager),
                     format_delay(line.connection_setup), format_delay(line.transmission), line.status);
  if (!line.session_id.empty()) out += fmt::format("session={}, ", line.session_id);
  out += fmt::format("status={} ({})", line.word, printable(line.text));
  return out;
}

}  // namespace postern::delivery
