#pragma once
// Purpose: from a command to masterd: the program to become, the running one to talk to.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"

#include "programs/postern/commands.hpp"

namespace postern::cli {

/// Replaces this process by masterd; returns only when that failed, with the exit status.
int run_masterd(std::vector<std::string> arguments);

/// The server a command speaks of: --dir and -c as given; with neither, the one that `postern up` runs in its default
/// directory if it runs, else the system service.
command_line decide_server(command_line line);

/// Its settings; the failure is a sentence.
result<config::settings> load_server_settings(command_line const& line);

/// The process id of the running masterd, a failure when there is none.
result<int> find_masterd(config::settings const& settings);

/// Sends a request to the running masterd and prints what comes back. The exit status.
int ask_running_masterd(command_line const& line, std::string const& request);

}  // namespace postern::cli
