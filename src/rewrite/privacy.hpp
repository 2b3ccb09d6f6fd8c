#pragma once
// Purpose: takes out of a message what tells where its sender is and what device he writes on.
// Layout: one switch a kind of trace; smtpd_sasl_anonymize names those that are on.
// Errors: an unknown word is a failure that lists the known ones.
// Security: names, never values, go to the log.
// Source: Postern's own; docs/headers.md says what each switch does and what it costs.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::rewrite {

struct privacy_profile {
  bool received = false;    ///< our Received: names neither the client, its address nor its EHLO name
  bool origin = false;      ///< X-Originating-IP and its kin go
  bool message_id = false;  ///< a Message-ID made on the device gets the sender's domain
  bool login = false;       ///< our Received: does not name the login, whatever smtpd_sasl_authenticated_header says
  bool mailer = false;      ///< X-Mailer, User-Agent and their kin go
  bool date = false;        ///< Date: is written in UTC

  /// False: a field of that name goes on as it is.
  bool may_concern(std::string_view name) const noexcept;
  bool any() const noexcept { return received || origin || message_id || login || mailer || date; }
  /// "yes" (received, origin, message_id), "no", "all", or words between commas; "!word" takes one out again.
  static result<privacy_profile> parse(std::vector<std::string> const& words);
};

/// What becomes of a header field of a message whose sender is to stay unknown.
struct privacy_edit {
  enum class what : std::uint8_t { nothing, removed, changed } did = what::nothing;
  std::string field;  ///< changed: the whole field, CRLF
};
/// `field` with its line ends; `sender_domain`: of the envelope's or the header's sender, may be empty.
privacy_edit edit_for_privacy(privacy_profile const& profile, std::string_view field, std::string_view sender_domain);

/// "Mon, 3 Feb 2025 09:00:00 +0000" of "Mon, 3 Feb 2025 10:00:00 +0100 (CET)"; empty when it is no date of RFC 5322.
std::string date_in_utc(std::string_view date);

}  // namespace postern::rewrite
