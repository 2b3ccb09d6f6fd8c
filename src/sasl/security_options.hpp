#pragma once
// Purpose: smtpd_sasl_security_options and smtp_sasl_security_options: which mechanisms may be used.
// Layout: words between commas or blanks: noplaintext noactive nodictionary noanonymous forward_secrecy mutual_auth.
// Source: Postfix 3.7, where the two back-end types filter differently: noactive drops PLAIN under cyrus, not under
//         dovecot.

#include <string_view>

#include "base/result.hpp"
#include "sasl/mechanism.hpp"

namespace postern::sasl {

struct security_options {
  bool no_plaintext = false;
  bool no_active = false;
  bool no_dictionary = false;
  bool no_anonymous = false;
  bool forward_secrecy = false;
  bool mutual_auth = false;
};

/// A word that is no option is a failure that names it.
result<security_options> parse_security_options(std::string_view text);

/// smtpd_sasl_type = cyrus: the mechanism must make every promise that is asked for.
bool permits(security_options const& wanted, cyrus_flags const& mechanism);
/// smtpd_sasl_type = dovecot: promises asked for are made, confessions forbidden are not.
bool permits(security_options const& wanted, dovecot_flags const& mechanism);

}  // namespace postern::sasl
