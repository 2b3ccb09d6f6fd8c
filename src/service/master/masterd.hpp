#pragma once
// Purpose: the program masterd: starts the services of master.cf and keeps them, until it is told to stop.
// Errors: exit status 0 stopped as asked, 1 could not start (the reason is on stderr and in the log), 2 wrong usage.
// Security: the only program that may run as root; it reads configuration and nothing that a client sent.
// Source: sd_notify(3) for READY, RELOADING, STOPPING, STATUS and WATCHDOG.

namespace postern::service::master {

/// Options: --dir DIR, -c CONFDIR (also --config-dir), -v, --daemon (into the background once everything serves).
int run_masterd(int argc, char** argv);

}  // namespace postern::service::master
