// The server's dialogues around TLS and logins.
#include <gtest/gtest.h>

#include "smtp/testing/server_script_table.hpp"

namespace postern::smtp {
namespace {

void nothing(server_settings&) {}

testing::script_case const scripts[] = {
    {"STARTTLS forgets what was said in the clear", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: HELO phone
S: 250 mx.example.org
C: AUTH PLAIN AGpvZQBwdw==
A: start_auth PLAIN =AGpvZQBwdw==
E: success joe PLAIN
S: 235 2.7.0 Authentication successful
C: STARTTLS now
S: 501 5.5.4 Syntax: STARTTLS
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
A: start_tls
E: tls
C: STARTTLS
S: 554 5.5.1 Error: TLS already active
C: AUTH LOGIN
A: start_auth LOGIN
E: rejected
S: 535 5.7.8 Error: authentication failed: (reason unavailable)
C: EHLO phone
S: 250-mx.example.org
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-AUTH PLAIN LOGIN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250-SMTPUTF8
S: 250 CHUNKING
)"},
    {"STARTTLS without a certificate", [](server_settings& s) { s.tls_usable = false; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: STARTTLS
S: 454 4.7.0 TLS not available due to local problem
)"},
    {"STARTTLS not enabled", [](server_settings& s) { s.tls = tls_level::none; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: STARTTLS
S: 502 5.5.1 Error: command not implemented
)"},
    {"the handshake fails", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
A: start_tls
E: tls-failed
A: close
)"},
    {"wrapper mode", [](server_settings& s) { s.tls = tls_level::encrypt; }, R"(
E: tls
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
)"},
    {"TLS required",
     [](server_settings& s) {
       s.tls = tls_level::encrypt;
       s.auth_needs_tls = true;
     },
     R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: EHLO phone
S: 250-mx.example.org
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-STARTTLS
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250-SMTPUTF8
S: 250 CHUNKING
C: AUTH PLAIN AGpvZQBwdw==
S: 530 5.7.0 Must issue a STARTTLS command first
C: MAIL FROM:<a@b.example>
S: 530 5.7.0 Must issue a STARTTLS command first
C: BDAT 10 LAST
S: 521 5.7.0 Must issue a STARTTLS command first
A: close
)"},
    {"AUTH only after TLS", [](server_settings& s) { s.auth_needs_tls = true; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: AUTH PLAIN AGpvZQBwdw==
S: 504 5.5.4 Encryption required for requested authentication mechanism
)"},
    {"AUTH not enabled", [](server_settings& s) { s.auth_enabled = false; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: AUTH PLAIN AGpvZQBwdw==
S: 503 5.5.1 Error: authentication not enabled
)"},
    {"AUTH in all its forms", [](server_settings& s) { s.auth_broken_clients = true; }, R"(
E: tls
E: connect
S: 220 mx.example.org ESMTP Postern
C: EHLO outlook
S: 250-mx.example.org
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-AUTH PLAIN LOGIN
S: 250-AUTH=PLAIN LOGIN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250-SMTPUTF8
S: 250 CHUNKING
C: AUTH
S: 501 5.5.4 Syntax: AUTH mechanism
C: AUTH PLAIN a b
S: 501 5.5.4 Syntax: AUTH mechanism
C: AUTH CRAM-MD5
S: 535 5.7.8 Error: authentication failed: Invalid authentication mechanism
C: AUTH PLAIN @@@@
S: 535 5.7.8 Error: authentication failed: Invalid base64 data in initial response
C: auth plain =
A: start_auth PLAIN =
E: rejected bad
S: 535 5.7.8 Error: authentication failed: bad
C: AUTH LOGIN am9l
A: start_auth LOGIN =am9l
E: challenge UGFzc3dvcmQ6
S: 334 UGFzc3dvcmQ6
C: *
A: cancel_auth
S: 501 5.7.0 Authentication aborted
C: AUTH LOGIN
A: start_auth LOGIN
E: challenge VXNlcm5hbWU6
S: 334 VXNlcm5hbWU6
C: no base64
A: cancel_auth
S: 535 5.7.8 Error: authentication failed: Invalid base64 data in continued response
C: AUTH LOGIN
A: start_auth LOGIN
E: challenge VXNlcm5hbWU6
S: 334 VXNlcm5hbWU6
E: long-line
A: cancel_auth
S: 500 5.5.6 SASL response limit exceeded
C: AUTH LOGIN
A: start_auth LOGIN
E: challenge VXNlcm5hbWU6
S: 334 VXNlcm5hbWU6
C: am9l
A: continue_auth am9l
E: challenge UGFzc3dvcmQ6
S: 334 UGFzc3dvcmQ6
C:
A: continue_auth
E: unavailable authentication server is away
S: 454 4.7.0 Temporary authentication failure: authentication server is away
C: AUTH PLAIN
A: start_auth PLAIN
E: challenge
S: 334
C: AGpvZQBwdw==
A: continue_auth AGpvZQBwdw==
E: success joe PLAIN
S: 235 2.7.0 Authentication successful
C: AUTH PLAIN
S: 503 5.5.1 Error: already authenticated
)"},
};

TEST(server_tls_auth_scripts, play_as_written) { testing::play_as_written(scripts); }

TEST(server_tls_auth_scripts, survive_an_end_after_every_step) { testing::end_after_every_step(scripts); }

}  // namespace
}  // namespace postern::smtp
