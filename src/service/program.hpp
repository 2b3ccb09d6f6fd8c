#pragma once
// Purpose: the skeleton that every program's main() calls: arguments, settings, log, privileges, sandbox, loop.
// Errors: run() logs what went wrong and answers with main()'s exit status: 0 stopped as asked, 1 could not start.
// Security: `body` runs inside the sandbox of the program's row in programs/PRIVILEGES; there is no way around it.

#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "service/environment.hpp"

namespace postern::service {

struct program {
  std::string_view name;  ///< its row in programs/PRIVILEGES

  /// Before the sandbox: loads keys, opens tables and databases. Starts no threads. May be empty.
  std::function<result<>(environment&)> prepare = {};

  /// Inside the sandbox: starts the work, then `return env.run();`.
  std::function<int(environment&)> body;
};

/// Arguments as Postfix's master gives them (-n name -t type -c confdir -o name=value -v), ours (--dir DIR), and, for a
/// program that is started by hand without masterd, --listen unix:PATH and --listen inet:ADDRESS:PORT.
int run(program const& what, int argc, char** argv);

}  // namespace postern::service
