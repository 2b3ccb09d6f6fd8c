#pragma once
// Purpose: the parameters that a server session looks at, as plain values; and how they come out of main.cf.
// Units: octets, seconds, counts.
// Concurrency: built once per service and shared by all its sessions, never changed.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/bare_newline.hpp"

namespace postern::config {
class settings;
}

namespace postern::smtp {

enum class tls_level : std::uint8_t { none, may, encrypt };

/// SASL mechanisms that may be used, space-separated as EHLO shows them. The driver makes a new one when authd's list
/// changes.
struct mechanism_offer {
  std::string before_tls;  ///< also for sessions that never do TLS; filtered by smtpd_sasl_security_options
  std::string after_tls;   ///< filtered by smtpd_sasl_tls_security_options
  bool announced = true;   ///< false: EHLO says nothing of them (smtpd_sasl_exceptions_networks)
  bool complete = true;    ///< false: the authentication server has not said yet what it serves
};

struct forbidden_command {
  std::string word;            ///< upper case; empty: `first_octets` decides
  bool unless_letter = false;  ///< the form regexp:{{/^[^A-Z]/ Bogus}}: any command that does not begin with a letter
};

struct server_settings {
  std::string host_name = "localhost";  ///< myhostname
  std::string mail_name = "Postern";
  std::string banner = "localhost ESMTP Postern";  ///< after "220 "

  std::uint64_t message_size_limit = 10'240'000;  ///< octets; 0: none
  std::size_t line_length_limit = 2'048;
  std::size_t sasl_response_limit = 12'288;
  std::uint32_t recipient_limit = 1'000;
  std::uint32_t recipient_overshoot_limit = 1'000;
  std::uint32_t soft_error_limit = 10;
  std::uint32_t hard_error_limit = 20;
  std::uint32_t junk_command_limit = 100;
  std::chrono::seconds error_sleep_time{1};

  bool helo_required = false;
  bool disable_vrfy = false;
  bool strict_envelopes = false;  ///< strict_rfc821_envelopes
  bool smtputf8 = true;           ///< smtputf8_enable
  bare_newline newline = bare_newline::normalize;
  int bare_newline_reject_code = 550;

  tls_level tls = tls_level::none;  ///< smtpd_tls_security_level; wrapper mode counts as encrypt
  bool tls_usable = true;       ///< false when there is no certificate: STARTTLS is not offered and answered with 454
  bool auth_enabled = false;    ///< smtpd_sasl_auth_enable
  bool auth_needs_tls = false;  ///< smtpd_tls_auth_only, or tls == encrypt
  bool auth_broken_clients = false;  ///< broken_sasl_auth_clients: a second line, AUTH=…

  std::vector<std::string> discarded_keywords;  ///< smtpd_discard_ehlo_keywords, upper case
  std::vector<std::string> noop_commands;       ///< smtpd_noop_commands, upper case
  std::vector<forbidden_command> forbidden_commands;

  bool discards(std::string_view ehlo_keyword) const;
};

/// Reads main.cf as one service sees it (master.cf's -o and `stress` are applied already).
server_settings load_server_settings(config::settings const& settings);

}  // namespace postern::smtp
