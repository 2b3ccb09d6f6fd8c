// postern reload: the changed configuration counts from now on; sessions that are open end under the old one.
#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {

int cmd_reload(command_line const& line) { return ask_running_masterd(line, "reload"); }

}  // namespace postern::cli
