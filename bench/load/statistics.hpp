#pragma once
// Purpose: what a run measured. Units: seconds on the monotonic clock, milliseconds in the report.

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace postern::bench {

using steady_time = std::chrono::steady_clock::time_point;

struct statistics {
  std::vector<float> message_ms;     ///< MAIL sent to the 250 behind the dot
  std::vector<float> connection_ms;  ///< connect() to 221
  std::vector<float> login_ms;       ///< connect() to logged in
  long handshakes = 0;
  long resumed = 0;
  long octets = 0;                       ///< of acknowledged messages
  std::map<std::string, long> failures;  ///< by reason
  steady_time begin;
  steady_time end;
  double cpu_seconds_at_begin = 0;
};

/// User and system time of this process so far, seconds.
double own_cpu_seconds();

/// One JSON object, one line.
std::string format_report(statistics const& measured);

}  // namespace postern::bench
