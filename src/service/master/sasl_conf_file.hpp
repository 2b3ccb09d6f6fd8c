#pragma once
// Purpose: Cyrus SASL's NAME.conf opened with masterd's rights, for authd: where it holds the password of a database it
//          is root's alone, and Postfix reads it as root.
// Errors: a file that cannot be opened is left to the program, which tries itself and says why it cannot.

#include <vector>

#include "config/settings.hpp"
#include "service/privileges.hpp"
#include "service/start_message.hpp"

namespace postern::service::master {

/// The file of the first directory that has it, for a row whose secrets name smtpd_sasl_path; at most one.
std::vector<secret_file> collect_sasl_conf(privileges const& row, config::settings const& settings);

}  // namespace postern::service::master
