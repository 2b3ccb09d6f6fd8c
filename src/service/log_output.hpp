#pragma once
// Purpose: the sinks of base/log: standard error, maillog_file, syslog, journald.
// Layout: stderr and file: "Feb  3 10:00:00 host NAME/PROGRAM[PID]: TEXT"; syslog: [RFC 3164 §4] to /dev/log, facility
//         syslog_facility; journald: its native datagrams, MESSAGE without the prefix, which is in SYSLOG_IDENTIFIER
//         ("NAME/PROGRAM") and SYSLOG_PID.
// Errors: a line that cannot be written within half a second is lost; the next one that can says how many were.
// Security: opened before the sandbox; afterwards only the descriptor is used.

#include <string>

#include "base/log.hpp"
#include "service/start_message.hpp"

namespace postern::service {

struct log_identity {
  std::string name;      ///< syslog_name: "postfix", "postfix/submission"
  std::string program;   ///< "smtpd"
  std::string facility;  ///< "mail"
};

/// "NAME/PROGRAM[PID]: ", what stands before every line.
std::string format_log_prefix(log_identity const& identity, int pid);

/// From here on log lines go to the target; `file` is used by log_target::file.
result<> open_log(log_target target, os::unique_fd file, log_identity const& identity);

/// Where a server with these settings logs: maillog_file when it is set; in the foreground stderr, or journald when
/// stderr leads there anyway (JOURNAL_STREAM of systemd.exec(5)); a private directory in the background its own file; a
/// system service journald, else syslog, else stderr.
log_target decide_log_target(config::settings const& settings, bool foreground);

/// The file of log_target::file: maillog_file, else mail.log of the private directory.
std::string log_file_path(config::settings const& settings);

/// Opens a log file to append; "/dev/stdout" and "/dev/stderr" are themselves.
result<os::unique_fd> open_log_file(std::string const& path);

}  // namespace postern::service
