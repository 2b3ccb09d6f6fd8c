#pragma once
// Purpose: the directories of a server, with the owner and mode each must have.
// Security: private/ is closed to all but the mail user, public/ to all but it and its group; the accounts are the mail
//           user's alone.

#include "config/settings.hpp"
#include "service/master/launcher.hpp"

namespace postern::service::master {

/// Makes what is missing and corrects what is wrong in queue_directory, data_directory and, in a private directory,
/// mail_spool_directory; a system service's mail_spool_directory is made when it is missing and else left as it is.
result<> prepare_directories(config::settings const& settings, run_identity const& identity);

/// "QUEUE_DIRECTORY/pid/master.pid".
std::string pid_file_path(config::settings const& settings);
/// "QUEUE_DIRECTORY/public/control".
std::string control_socket_path(config::settings const& settings);

}  // namespace postern::service::master
