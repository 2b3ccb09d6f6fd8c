#pragma once
// Purpose: what is known of a client and its mail at the moment of a decision, as plain values. Who asks fills in what
//          it knows; what is empty is not known.
// Units: octets, bits.
// Source: what postconf(5) lets restrictions look at; attribute names of SMTPD_POLICY_README.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.hpp"
#include "base/time.hpp"

namespace postern::policy {

/// The command at which a decision falls.
enum class command : std::uint8_t { connect, helo, ehlo, mail, rcpt, vrfy, data, bdat, end_of_message, etrn };
/// "RCPT", "END-OF-MESSAGE": as log lines and policy servers name it.
std::string_view format_command(command at);

/// What the DNS said of a name.
enum class name_status : std::uint8_t {
  ok,
  temporary,   ///< could not be asked
  permanent,   ///< there is none
  unverified,  ///< there is one, and it does not have the client's address among its own
};

/// A client certificate.
struct certificate_facts {
  std::string fingerprint;      ///< "AB:CD:…" by smtpd_tls_fingerprint_digest
  std::string key_fingerprint;  ///< of its public key
  std::string subject_cn;
  std::string issuer_cn;
  bool trusted = false;  ///< chains to a CA of smtpd_tls_CAfile or smtpd_tls_CApath
};

struct tls_facts {
  std::string protocol;  ///< "TLSv1.3"
  std::string cipher;
  int cipher_bits = 0;
  std::optional<certificate_facts> certificate;
};

/// Why an earlier list wants what is permitted later to be deferred (defer_if_permit), or what is refused
/// (defer_if_reject).
struct deferral {
  int code = 450;
  std::string enhanced;
  std::string text;
  std::string restriction;  ///< who wanted it
};

struct client_facts {
  ip_address address;
  std::uint16_t port = 0;
  std::string name = "unknown";  ///< confirmed: its addresses hold the client's
  name_status status = name_status::permanent;
  std::string reverse_name = "unknown";  ///< of the address, whether or not it is confirmed
  name_status reverse_status = name_status::permanent;
  std::string server_address;
  std::uint16_t server_port = 0;

  command at = command::rcpt;
  wall_time when{};                   ///< the time of the decision
  bool extended = true;               ///< EHLO, not HELO
  std::optional<std::string> helo;    ///< nothing: the client has not said it
  std::optional<std::string> sender;  ///< "" is the null reverse-path; nothing: before MAIL
  bool smtputf8 = false;
  std::string last_recipient;         ///< of the recipients so far; for DATA with one recipient
  std::uint32_t recipient_count = 0;  ///< accepted so far
  std::string etrn_domain;
  std::uint64_t size = 0;  ///< SIZE= of MAIL, or what came, when that is known
  std::string queue_id;
  std::string instance;        ///< of this message, whatever its recipients; for policy servers
  bool pipelined_ill = false;  ///< the client did not wait for a reply that it has to wait for
  bool input_waiting = false;  ///< and there is more behind this command

  std::string sasl_user;  ///< empty: not logged in, or as nobody in particular (ANONYMOUS)
  std::string sasl_method;
  std::string sasl_sender;  ///< AUTH= of MAIL
  std::optional<tls_facts> tls;
  bool stress = false;

  /// With smtpd_delay_reject = no: what the lists of earlier commands left behind.
  std::optional<deferral> deferred;
  bool discarding = false;   ///< this message is thrown away: what follows is not asked
  bool wants_trace = false;  ///< decision::trace is to be filled
  std::string text() const { return name + "[" + address.text() + "]"; }
};

}  // namespace postern::policy
