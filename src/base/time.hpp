#pragma once
// Purpose: wall-clock times as mail writes them.

#include <chrono>
#include <string>

namespace postern {

using wall_time = std::chrono::system_clock::time_point;

/// "Mon, 3 Feb 2025 10:00:00 +0100 (CET)" in the local zone, as Postfix writes it in Received:. [RFC 5322 §3.3]
std::string format_mail_date(wall_time when);

/// "Feb  3 10:00:00", the time stamp of a traditional syslog line, local zone.
std::string format_syslog_time(wall_time when);

/// "2025-02-03T10:00:00Z".
std::string format_utc(wall_time when);

}  // namespace postern
