#pragma once
// Purpose: the tables that together are all_parameters(), one function a file parameters_<area>.cpp. A new area is one
//          line here and one in parameters.cpp.

#include <span>

#include "config/parameter.hpp"

namespace postern::config {

std::span<parameter const> smtpd_parameters();
std::span<parameter const> smtpd_auth_tls_parameters();
std::span<parameter const> smtp_parameters();
std::span<parameter const> lmtp_parameters();
std::span<parameter const> queue_parameters();
std::span<parameter const> local_parameters();
std::span<parameter const> general_parameters();
std::span<parameter const> cleanup_parameters();
std::span<parameter const> postscreen_parameters();
std::span<parameter const> postern_parameters();
std::span<parameter const> postern_oauth_parameters();
std::span<parameter const> postern_abuse_parameters();

}  // namespace postern::config
