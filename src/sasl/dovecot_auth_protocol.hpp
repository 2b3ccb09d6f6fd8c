#pragma once
// Purpose: codec of the Dovecot auth client protocol, both sides, and of the one userdb question that smtpd asks.
//          authd parses client_message and formats server_message; smtpd's client does the reverse.
// Layout: one message a line (dovecot_line.hpp), command first, then TAB-separated fields.
// Errors: a line that breaks the protocol is a failure: close the connection. A command nobody knows is a value
//         (unknown_message): fatal from a client, ignored from a server. So is base64 that does not decode
//         (invalid_base64): it is the mail client's fault and is answered with FAIL.
// Limits: a formatted line never exceeds line_octets_max when its data do not; format_ functions do not cut.
// Security: passwords travel in initial_response and client_continue: both are `secret`, and so are the lines that
//           hold them. User names are escaped, so a TAB in one cannot forge a field.
// Source: docs/protocols/auth.md

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "sasl/dovecot_line.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl::dovecot {

inline constexpr unsigned protocol_major = 1;
inline constexpr unsigned protocol_minor = 2;  ///< 3 and up wait for the client first, which old Exims never end

// ---- both directions

struct version_message {
  unsigned major = protocol_major;
  unsigned minor = protocol_minor;
};
/// A command that this codec does not know.
struct unknown_message {
  std::string command;
};

// ---- client to server

/// CPID: the process id of the client, never 0.
struct client_pid {
  std::uint32_t pid = 0;
};

/// AUTH: begins an exchange. Text fields that are empty are not sent.
struct auth_request {
  std::uint32_t id = 0;  ///< never 0, unique among the connection's running exchanges
  std::string mechanism;
  std::string service;      ///< required: "smtp", "imap", "pop3"
  std::string session;      ///< joins the log lines of smtpd and authd
  std::string local_ip;     ///< lip
  std::string remote_ip;    ///< rip
  std::string local_port;   ///< lport
  std::string remote_port;  ///< rport
  std::string local_name;   ///< the TLS server name that the client asked for
  std::string client_id;
  std::string tls_protocol;
  std::string tls_cipher;
  std::string cert_username;    ///< identity in a verified client certificate
  std::string cert_credential;  ///< ours: the credential that a device certificate is, as authd told it
  std::string revoked_since;    ///< ours: "revoked-since=", seconds since 1970: tell what was revoked from then on
  /// "cb-tls-exporter=" and the like, base64: what the front end's TLS channel can be bound by. Ours; Postfix sends
  /// none.
  std::vector<channel_binding> bindings;
  bool secured = false;            ///< TLS (or a trusted path) protects the client's octets
  bool valid_client_cert = false;  ///< valid-client-cert
  bool no_penalty = false;
  bool nologin = false;        ///< no login process takes over afterwards: always set by smtpd
  bool final_resp_ok = false;  ///< the client takes final server data in OK's resp=
  /// Decoded; absent when the client sent none, present and empty for an empty initial response.
  std::optional<secret> initial_response;
  bool bare_response = false;   ///< resp= with nothing behind it: front ends before version 1.2 mean no response at all
  bool invalid_base64 = false;  ///< resp= was there and did not decode
};

/// CONT from the client: the next response.
struct client_continue {
  std::uint32_t id = 0;
  secret data;
  bool invalid_base64 = false;
};
struct client_cancel {
  std::uint32_t id = 0;
};
/// USER: does this name exist? Part of Dovecot's userdb protocol; authd answers it on the same connection.
struct user_query {
  std::uint32_t id = 0;
  std::string user;
  std::string service;
};

/// CERT: whose device certificate is this, and is it good here and now? Ours. Answered by OK, with user and credential,
/// or by FAIL, whose reason is for the log.
struct certificate_query {
  std::uint32_t id = 0;
  std::string fingerprint;  ///< SHA-256, hexadecimal
  std::string service;
  std::string session;
  std::string remote_ip;
};

using client_message = std::variant<version_message, client_pid, auth_request, client_continue, client_cancel,
                                    user_query, certificate_query, unknown_message>;

// ---- server to client

/// MECH, with Dovecot's property words ("plaintext", "dictionary", "active", "mutual-auth", …; sasl/mechanism.hpp).
struct mechanism_offer {
  std::string name;
  std::vector<std::string> properties;
};
struct server_pid {
  std::uint32_t pid = 0;
};
struct connection_id {
  std::uint32_t id = 0;
};
struct cookie_message {
  std::string hex;  ///< 32 hexadecimal digits
};
/// DONE: the handshake is complete.
struct handshake_done {};

using extra_fields = std::vector<std::pair<std::string, std::string>>;  ///< {key, value unescaped}; a bare word has ""

/// OK: the login name may differ from what the client typed.
struct reply_ok {
  std::uint32_t id = 0;
  std::string user;
  std::optional<std::string> final_data;  ///< decoded resp=; only for clients that said final-resp-ok
  extra_fields extra;
};
/// CONT from the server: the decoded challenge.
struct reply_continue {
  std::uint32_t id = 0;
  std::string challenge;
};
enum class fail_code { none, temp_fail, authz_fail, user_disabled, pass_expired, invalid_base64 };
/// FAIL of an exchange or of a userdb question. `reason` goes to the mail client: it never says which part was wrong.
struct reply_fail {
  std::uint32_t id = 0;
  std::string user;
  std::string reason;
  fail_code code = fail_code::none;
};
/// USER: the name exists.
struct reply_user {
  std::uint32_t id = 0;
  std::string user;
  extra_fields extra;
};
struct reply_not_found {
  std::uint32_t id = 0;
};
/// REVOKED: a credential works no more; sessions opened with it end. Ours; sent to front ends that gave session=.
struct revoked_notice {
  std::string user;
  std::optional<std::string> credential;  ///< "" for the password, an app password's name; absent: all of the account
};

using server_message =
    std::variant<version_message, mechanism_offer, server_pid, connection_id, cookie_message, handshake_done, reply_ok,
                 reply_continue, reply_fail, reply_user, reply_not_found, revoked_notice, unknown_message>;

/// Lines come without their LF; formatted lines end in LF.
result<client_message> parse_client_line(std::string_view line);
result<server_message> parse_server_line(std::string_view line);
/// Pre: not an unknown_message, and auth_request has neither invalid_base64 nor an empty service.
secret format_client_line(client_message const& message);
std::string format_server_line(server_message const& message);

}  // namespace postern::sasl::dovecot
