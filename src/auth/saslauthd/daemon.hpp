#pragma once
// Purpose: saslauthd as a daemon: everything between its command line and the mux server.
// Errors: exit statuses of the original: 0 as asked, 2 another instance runs, 1 anything else. In the background the
//         parent ends with the status of the child's start.
// Concurrency: SIGTERM and SIGINT end it (what is being checked is still answered), SIGHUP reads the mechanism's
//              configuration again.

#include <string>
#include <vector>

namespace postern::auth::saslauthd {

/// `arguments`: argv[0] first. The answer is main()'s.
int run_daemon(std::vector<std::string> arguments);

}  // namespace postern::auth::saslauthd
