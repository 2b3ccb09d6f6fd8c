#pragma once
// Purpose: tables of keys and passwords (tls_server_sni_maps, smtp_sasl_password_maps) read with masterd's rights, for
//          a program without them.
// Layout: the secret's path is the table's name as main.cf has it, its content that of maps/handed_table.hpp.
// Errors: a table or file that cannot be read is left to the program, which tries itself and says why it cannot.

#include <vector>

#include "config/settings.hpp"
#include "service/privileges.hpp"
#include "service/start_message.hpp"

namespace postern::service::master {

/// One for each `type:name` in the parameters of the row's secrets.
std::vector<secret_file> collect_table_secrets(privileges const& row, config::settings const& settings);

}  // namespace postern::service::master
