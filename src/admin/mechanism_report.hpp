#pragma once
// Purpose: why a mail client sees a SASL mechanism, or why it does not: the first thing on the way from the sources of
//          credentials to EHLO that leaves it out, with the parameter or option that does so.
// Layout: the answers are those of authd and smtpd (choose_mechanisms, decide_mechanism_offer); only the reasons are
//         sought here.

#include <span>
#include <string>
#include <vector>

#include "sasl/dovecot_auth_protocol.hpp"

#include "admin/login_plan.hpp"

namespace postern::admin {

struct mechanism_standing {
  std::string name;
  bool offered = false;
  bool wanted = true;  ///< false: the configuration does not ask for it, or this client lacks what it takes
  std::string why;     ///< a sentence for what is not offered
};

/// What authd would offer under this plan, as its MECH lines say it.
std::vector<sasl::dovecot::mechanism_offer> format_offers(std::span<std::string const> mechanisms);

/// `at_daemon`: what the daemon offers; `tls`: the client has TLS, which it can bind to; `certificate_user`: whom
/// its certificate names, empty without one. All mechanisms of the table, then those of the daemon that are not in it.
/// A failure: smtpd cannot load these settings.
result<std::vector<mechanism_standing>> explain_mechanisms(login_plan const& plan, config::settings const& service,
                                                           std::vector<sasl::dovecot::mechanism_offer> const& at_daemon,
                                                           bool tls, std::string const& certificate_user = {});

}  // namespace postern::admin
