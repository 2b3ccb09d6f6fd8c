#pragma once
// Purpose: asks an authentication daemon over its socket what it offers, as smtpd would.
// Limits: check.hpp's socket_limit.

#include <chrono>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "sasl/dovecot_auth_protocol.hpp"

#include "admin/check.hpp"

namespace postern::admin {

struct auth_daemon_answer {
  std::string trouble;  ///< empty: it answered
  std::vector<sasl::dovecot::mechanism_offer> mechanisms;
};

/// The socket that these settings name, with queue_directory before a relative path.
std::string auth_daemon_path(config::settings const& settings);
/// Where Postfix's guides put Dovecot's socket, and where our authd listens too; below queue_directory.
inline constexpr char const* shared_auth_socket = "private/auth";
/// Another program made the socket, Dovecot for example: masterd leaves it alone.
bool is_anothers_auth_socket(std::string const& path);
/// True when that socket is the one masterd makes for our authd.
bool is_own_auth_daemon(config::settings const& settings);

/// Blocks, at most `within`.
auth_daemon_answer ask_auth_daemon(std::string const& path, std::chrono::milliseconds within = socket_limit);

/// The daemon of these settings, by TCP too; a host name is looked up.
auth_daemon_answer ask_auth_daemon(config::settings const& settings, std::chrono::milliseconds within = socket_limit);

/// What our authd offers under these settings.
std::vector<sasl::dovecot::mechanism_offer> own_mechanisms(config::settings const& settings);

}  // namespace postern::admin
