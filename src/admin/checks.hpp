#pragma once
// Purpose: the functions of the table in check.cpp, by file.

#include "admin/check.hpp"

namespace postern::admin {

// check_configuration.cpp
void check_main_cf(check_context& context);
void check_master_cf(check_context& context);
void check_host_name(check_context& context);

// check_relay.cpp
void check_open_relay(check_context& context);
void check_user_relay(check_context& context);

// check_tls.cpp
void check_tls_identity(check_context& context);
void check_certificates(check_context& context);
void check_key_files(check_context& context);
void check_tls_demand(check_context& context);

// check_devices.cpp
void check_device_certificates(check_context& context);

// check_auth.cpp
void check_password_exposure(check_context& context);
void check_password_source(check_context& context);
void check_mechanisms(check_context& context);

// check_sockets.cpp
void check_auth_sockets(check_context& context);
void check_ports(check_context& context);

// check_mailboxes.cpp
void check_mailboxes(check_context& context);

// check_spool.cpp
void check_identity(check_context& context);
void check_directories(check_context& context);
void check_disk_space(check_context& context);
void check_spool_content(check_context& context);

}  // namespace postern::admin
