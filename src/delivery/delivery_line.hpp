#pragma once
// Purpose: the log line of one recipient's delivery attempt, in the shape that Postfix's log scanners know.
// Layout: QID: to=<…>, orig_to=<…>, relay=host[ip]:port, conn_use=n, delay=…, delays=a/b/c/d, dsn=…, session=…,
//         status=sent (…). `session` is ours: it joins the lines of one message through all programs.
// Security: peers' text is made printable here.

#include <chrono>
#include <string>
#include <string_view>

namespace postern::delivery {

using log_duration = std::chrono::microseconds;

struct delivery_line {
  std::string_view queue_id;
  std::string_view session_id;  ///< empty: left out
  std::string_view recipient;
  std::string_view original;        ///< shown when it differs
  std::string_view relay = "none";  ///< "mx[192.0.2.1]:25", "local"
  unsigned connection_use = 1;      ///< shown when above 1
  log_duration before_queue_manager{};
  log_duration in_queue_manager{};
  log_duration connection_setup{};
  log_duration transmission{};
  std::string_view status;  ///< enhanced status code
  std::string_view word;    ///< sent, deferred, bounced
  std::string_view text;
};

std::string format_delivery_line(delivery_line const& line);

/// Two significant digits, at most two places, as Postfix has it: "0", "0.03", "1.2", "14".
std::string format_delay(log_duration delay);

}  // namespace postern::delivery
