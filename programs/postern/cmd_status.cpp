// postern status: what runs: one line a process.
#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {

int cmd_status(command_line const& line) { return ask_running_masterd(line, "status"); }

}  // namespace postern::cli
