#pragma once
// Purpose: saslauthd's log as the original writes it.
// Layout: syslog: identity "saslauthd", facility auth, with pid, text "                : MESSAGE" (the original puts a
//         function's name there, which Debian's build does not have). In the foreground standard error:
//         "saslauthd[PID] :MESSAGE".

namespace postern::auth::saslauthd {

/// Sets the sink of base/log. `verbose`: the lines of log::debug too.
void open_daemon_log(bool foreground, bool verbose);

}  // namespace postern::auth::saslauthd
