#pragma once
// Purpose: the commands of `postern`, one file each (cmd_<name>.cpp). main.cpp holds the table that names them.
// Errors: a command prints what went wrong on stderr and returns its exit status: 0 done, 1 refused or failed, 2 wrong
//         usage (`check` documents its own: 0 clean, 1 warnings, 2 errors).

#include <string>
#include <vector>

namespace postern::cli {

/// What a command gets: its arguments without the command's name, and the two options that every command takes.
struct command_line {
  std::string program;            ///< argv[0] as typed, for messages
  std::vector<std::string> args;  ///< what stands behind the command's name, --dir and -c taken out
  std::string dir;                ///< --dir DIR: the private directory of a foreground server; empty when absent
  std::string config_dir;         ///< -c CONFDIR or --config-dir CONFDIR; empty when absent
};

int cmd_access(command_line const& line);
int cmd_auth(command_line const& line);
int cmd_cert(command_line const& line);
int cmd_check(command_line const& line);
int cmd_conf(command_line const& line);
int cmd_init(command_line const& line);
int cmd_log(command_line const& line);
int cmd_newaliases(command_line const& line);
int cmd_postalias(command_line const& line);
int cmd_postmap(command_line const& line);
int cmd_probe(command_line const& line);
int cmd_queue(command_line const& line);
int cmd_reload(command_line const& line);
int cmd_roaming(command_line const& line);
int cmd_sasldblistusers2(command_line const& line);
int cmd_saslpasswd2(command_line const& line);
int cmd_sendmail(command_line const& line);
int cmd_start(command_line const& line);
int cmd_status(command_line const& line);
int cmd_stop(command_line const& line);
int cmd_testsaslauthd(command_line const& line);
int cmd_trace(command_line const& line);
int cmd_up(command_line const& line);
int cmd_user(command_line const& line);

}  // namespace postern::cli
