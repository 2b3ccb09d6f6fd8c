#pragma once
// Purpose: the Received: field that this server puts in front of a message, laid out as Postfix 3.7 lays it out.
// Layout: "Received: from HELO (NAME [ADDRESS])", TLS lines, the login, "by HOST (MAIL_NAME) with PROTOCOL id
//         QUEUEID", "for <RECIPIENT>; DATE"; every line ends in CRLF, continuation lines begin with a tab. [RFC 5321
//         §4.4]
//         From a local user: "Received: by HOST (MAIL_NAME, from userid NUMBER)", "id QUEUEID; DATE".
// Security: all text that a client chose is cleaned so that it can neither end the line nor close a comment. With
//           `anonymize` nothing that tells where an authenticated sender is goes out: not the name, not the address,
//           not the EHLO name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::message {

/// What a TLS handshake agreed on, as Received: and the log tell it. Empty text: not known, left out.
struct tls_details {
  std::string protocol;  ///< "TLSv1.3"
  std::string cipher;    ///< "TLS_AES_256_GCM_SHA384"
  int cipher_bits_used = 0;
  int cipher_bits = 0;
  std::string key_exchange;  ///< "X25519", "ECDHE", "DHE"
  std::string
      key_exchange_curve;  ///< "(prime256v1)" without the parentheses; used when key_exchange names only the kind
  int key_exchange_bits = 0;
  std::string server_signature;  ///< "ECDSA", "RSA-PSS"
  std::string server_signature_curve;
  int server_signature_bits = 0;
  std::string server_digest;  ///< "SHA256"
  std::string client_signature;
  std::string client_signature_curve;
  int client_signature_bits = 0;
  std::string client_digest;
  bool client_certificate_requested = false;
  bool client_certificate_present = false;
  bool client_certificate_verified = false;
  std::string client_common_name;
  std::string client_issuer;
  std::string server_name;  ///< the SNI name that was asked for
};

struct received_fields {
  std::string_view helo_name;           ///< empty: the client never greeted, its host name stands in
  std::string_view client_name;         ///< verified host name or "unknown"
  std::string_view client_address;      ///< "192.0.2.1", "2001:db8::1"
  bool anonymize = false;               ///< write [127.0.0.1] (localhost [127.0.0.1]) instead of the three above
  tls_details const* tls = nullptr;     ///< null without TLS
  bool show_tls = false;                ///< smtpd_tls_received_header
  std::string_view authenticated_user;  ///< empty when nobody logged in
  bool show_user = false;               ///< smtpd_sasl_authenticated_header
  bool extended = false;                ///< the client said EHLO
  bool smtputf8 = false;
  std::optional<std::uint32_t> local_user;  ///< a user of this machine handed it in: no client, no protocol
  std::string_view host_name;               ///< myhostname
  std::string_view mail_name;               ///< mail_name
  std::string_view queue_id;
  std::string_view recipient;  ///< the only recipient; empty when there are several
  std::string_view date;       ///< format_mail_date()
};

/// The whole field, CRLF at the end of each line.
std::string format_received(received_fields const& fields);

/// The "with" word: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, UTF8SMTPSA, … [RFC 3848, RFC 6531 §4.3]
std::string format_with_protocol(bool extended, bool smtputf8, bool tls, bool authenticated);

}  // namespace postern::message
