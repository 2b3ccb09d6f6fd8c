#pragma once
// Purpose: goes into the background; the process that was started waits until the server serves and then ends.

#include <chrono>
#include <string_view>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::service::master {

/// Returns in the background process only, with the pipe for report_started() and /dev/null as input and output. The
/// process that was started exits with 0 when success was reported, else with 1 and the reason on stderr.
result<os::unique_fd> continue_in_background(std::chrono::seconds patience);

/// Lets the waiting process go; an empty text is success.
void report_started(os::unique_fd& pipe, std::string_view problem);

}  // namespace postern::service::master
