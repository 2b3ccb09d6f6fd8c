// The server's dialogues: lines in, actions out.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "smtp/server_session.hpp"
#include "smtp/testing/server_fixture.hpp"
#include "smtp/testing/server_script.hpp"

namespace postern::smtp {
namespace {

using testing::basic_offer;
using testing::basic_settings;
using testing::enter;
using testing::play;

struct script_case {
  std::string_view name;
  void (*change)(server_settings&);
  std::string_view script;
};

void nothing(server_settings&) {}

script_case const scripts[] = {
    {"one message", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: EHLO phone.example
S: 250-mx.example.org
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-STARTTLS
S: 250-AUTH PLAIN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250-SMTPUTF8
S: 250 CHUNKING
C: MAIL FROM:<joe@example.org> SIZE=2000 BODY=8BITMIME RET=HDRS ENVID=a+2Bb AUTH=<>
A: ask_sender <joe@example.org> size=2000 8bit headers envid=a+2Bb auth=<>
V: ok
S: 250 2.1.0 Ok
C: rcpt to:<ann@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;ann+40example.net
A: ask_recipient <ann@example.net> notify=6 orcpt=rfc822;ann+40example.net
V: ok
S: 250 2.1.5 Ok
C: RCPT TO:<bob@example.net>
A: ask_recipient <bob@example.net>
V: 554 5.7.1 <bob@example.net>: Relay access denied
S: 554 5.7.1 <bob@example.net>: Relay access denied
C: DATA
A: ask_data
V: ok
S: 354 End data with <CR><LF>.<CR><LF>
A: begin_data
E: body 2000
A: commit
E: committed 4ABC
S: 250 2.0.0 Ok: queued as 4ABC
C: QUIT
S: 221 2.0.0 Bye
A: close
)"},
    {"faults of the content", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: HELO phone
S: 250 mx.example.org
C: MAIL FROM:<>
A: ask_sender <>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<a@b.example>
A: ask_recipient <a@b.example>
V: ok
S: 250 2.1.5 Ok
C: DATA
A: ask_data
V: 450 4.7.1 later
S: 450 4.7.1 later
C: DATA
A: ask_data
V: ok
S: 354 End data with <CR><LF>.<CR><LF>
A: begin_data
E: body 99 too_large
A: abort
S: 552 5.3.4 Error: message file too big
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<>
A: ask_sender <>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<a@b.example>
A: ask_recipient <a@b.example>
V: ok
S: 250 2.1.5 Ok
C: DATA
A: ask_data
V: ok
S: 354 End data with <CR><LF>.<CR><LF>
A: begin_data
E: body 99
A: commit
E: refused 451 4.3.0 Error: queue file write error
S: 451 4.3.0 Error: queue file write error
)"},
    {"syntax errors", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: EHLO
S: 501 Syntax: EHLO hostname
C: HELO
S: 501 Syntax: HELO hostname
C: MAIL
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM:<a b@c.example>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example> SIZE=x
S: 501 5.5.4 Bad message size syntax
C: MAIL FROM:<a@b.example> SIZE=10240001
S: 552 5.3.4 Message size exceeds fixed limit
C: MAIL FROM:<a@b.example> RET=SOME
S: 501 5.5.4 Bad RET parameter syntax
C: MAIL FROM:<a@b.example> ENVID=a=b
S: 501 5.5.4 Bad ENVID parameter syntax
C: MAIL FROM:<a@b.example> AUTH=<> AUTH=<>
S: 503 5.5.4 Error: multiple AUTH= options
C: MAIL FROM:<a@b.example> COLOUR=red
S: 555 5.5.4 Unsupported option: COLOUR=red
C: MAIL FROM:<> XVERP
S: 503 5.5.4 Error: XVERP requires non-null sender
C: MAIL FROM:<a@b.example> XVERP==-
A: ask_sender <a@b.example> verp=-
V: 550 5.7.1 no
S: 550 5.7.1 no
)"},
    {"syntax errors behind MAIL", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM: a@b.example
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT
S: 501 5.5.4 Syntax: RCPT TO:<address>
C: RCPT TO:<>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<a@b.example> ORCPT=nothing
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<a@b.example> SIZE=1
S: 555 5.5.4 Unsupported option: SIZE=1
C: DATA
S: 554 5.5.1 Error: no valid recipients
C: RSET now
S: 501 5.5.4 Syntax: RSET
C: RSET
S: 250 2.0.0 Ok
C: NOOP any words
S: 250 2.0.0 Ok
C: HELP
S: 214 2.0.0 Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY ETRN STARTTLS AUTH QUIT HELP
C: EXPN list
S: 500 5.5.2 Error: command not recognized
C:
S: 500 5.5.2 Error: bad syntax
)"},
    {"UTF-8", nothing,
     "\n"
     "E: connect\nS: 220 mx.example.org ESMTP Postern\n"
     "C: MAIL FROM:<j\xC3\xB6@b\xC3\xBC.example>\n"
     "S: 553 5.6.7 Must declare SMTPUTF8 to send unicode address\n"
     "C: MAIL FROM:<j\xC3@b.example>\n"
     "S: 500 5.5.2 Error: bad UTF-8 syntax\n"
     "C: MAIL FROM:<a@b.example>\nA: ask_sender <a@b.example>\nV: ok\nS: 250 2.1.0 Ok\n"
     "C: RCPT TO:<j\xC3\xB6@b.example>\n"
     "S: 553 5.6.7 Must declare SMTPUTF8 to send unicode address\n"
     "C: RSET\nS: 250 2.0.0 Ok\n"
     "C: MAIL FROM:<j\xC3\xB6@b\xC3\xBC.example> SMTPUTF8\n"
     "A: ask_sender <j\xC3\xB6@b\xC3\xBC.example> utf8\nV: ok\nS: 250 2.1.0 Ok\n"},
    {"VRFY and ETRN", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: VRFY
S: 501 5.5.4 Syntax: VRFY address [SMTPUTF8]
C: VRFY joe
A: verify <joe>
V: ok
S: 252 2.0.0 joe
C: VRFY <ann@example.net>
A: verify <ann@example.net>
V: 550 5.1.1 unknown
S: 550 5.1.1 unknown
C: ETRN
S: 500 Syntax: ETRN domain
C: ETRN exa_mple..org
S: 501 Error: invalid parameter syntax
C: ETRN @example.org
A: ask_etrn example.org
V: ok
S: 250 Queuing started
C: ETRN example.org
A: ask_etrn example.org
V: 459 4.7.1 <example.org>: service unavailable
S: 459 4.7.1 <example.org>: service unavailable
)"},
    {"VRFY disabled", [](server_settings& s) { s.disable_vrfy = true; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: VRFY joe
S: 502 5.5.1 VRFY command is disabled
)"},
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
    {"BDAT", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: BDAT 100
A: ask_data
V: ok
A: begin_bdat 100 first
E: body 100
S: 250 2.0.0 Ok: 100 bytes
C: RCPT TO:<e@d.example>
S: 503 5.5.1 Error: RCPT after BDAT
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: MAIL after BDAT
C: bdat 0 last
A: begin_bdat 0 last
E: body 100
A: commit
E: committed 4ABC
S: 250 2.0.0 Ok: 100 bytes queued as 4ABC
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
)"},
    {"BDAT refused skips its chunk", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: BDAT 10
A: begin_bdat 10 discard
E: body 0
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: BDAT 10 LAST
A: begin_bdat 10 last discard
E: body 0
S: 554 5.5.1 Error: no valid recipients
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: BDAT 10
A: ask_data
V: 550 5.7.1 no content from you
A: begin_bdat 10 discard
E: body 0
S: 550 5.7.1 no content from you
C: BDAT 20
A: begin_bdat 20 discard
E: body 0
S: 551 5.0.0 Discarded 20 bytes after earlier error
C: BDAT 30 LAST
A: begin_bdat 30 last discard
E: body 0
S: 551 5.0.0 Discarded 30 bytes after earlier error
C: RCPT TO:<c@d.example>
S: 503 5.5.1 Error: need MAIL command
)"},
    {"BDAT too large, null, broken", [](server_settings& s) { s.message_size_limit = 50; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: BDAT 40
A: ask_data
V: ok
A: begin_bdat 40 first
E: body 40
S: 250 2.0.0 Ok: 40 bytes
C: BDAT 11 LAST
A: abort
A: begin_bdat 11 last discard
E: body 0
S: 552 5.3.4 Chunk exceeds message size limit
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: BDAT 0
A: begin_bdat 0 discard
E: body 0
S: 551 5.7.1 Null BDAT request
C: RSET
S: 250 2.0.0 Ok
C: BDAT 99999999999999999999
S: 521 5.5.4 Syntax: BDAT count [LAST]
A: close
)"},
    {"BDAT chunk with a fault", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: BDAT 40
A: ask_data
V: ok
A: begin_bdat 40 first
E: body 40 bare_line_feed
A: abort
S: 550 5.5.2 mx.example.org Error: bare <LF> received
C: BDAT 1 LAST
A: begin_bdat 1 last discard
E: body 0
S: 551 5.0.0 Discarded 1 bytes after earlier error
)"},
    {"CHUNKING discarded", [](server_settings& s) { s.discarded_keywords = {"CHUNKING", "SIZE", "ETRN"}; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: EHLO x
S: 250-mx.example.org
S: 250-PIPELINING
S: 250-VRFY
S: 250-STARTTLS
S: 250-AUTH PLAIN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250 SMTPUTF8
C: BDAT 5 LAST
S: 521 5.5.1 Error: command not implemented
A: close
)"},
    {"hello first", [](server_settings& s) { s.helo_required = true; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: send HELO/EHLO first
C: HELO x
S: 250 mx.example.org
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: nested MAIL command
C: HELO x
S: 250 mx.example.org
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
)"},
    {"errors slow down, then end the session",
     [](server_settings& s) {
       s.soft_error_limit = 2;
       s.hard_error_limit = 4;
       s.error_sleep_time = std::chrono::seconds(1);
     },
     R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: X
S: 500 5.5.2 Error: command not recognized
C: X
S: 500 5.5.2 Error: command not recognized
C: X
A: pause 1
S: 500 5.5.2 Error: command not recognized
C: X
A: pause 1
S: 500 5.5.2 Error: command not recognized
S: 421 4.7.0 mx.example.org Error: too many errors
A: close
)"},
    {"junk commands are errors in the end",
     [](server_settings& s) {
       s.junk_command_limit = 2;
       s.hard_error_limit = 2;
       s.soft_error_limit = 9;
     },
     R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: NOOP
S: 250 2.0.0 Ok
C: NOOP
S: 250 2.0.0 Ok
C: NOOP
S: 250 2.0.0 Ok
C: RSET
S: 421 4.7.0 mx.example.org Error: too many errors
A: close
)"},
    {"too many recipients",
     [](server_settings& s) {
       s.recipient_limit = 1;
       s.recipient_overshoot_limit = 1;
       s.hard_error_limit = 1;
     },
     R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: RCPT TO:<e@d.example>
S: 452 4.5.3 Error: too many recipients
C: RCPT TO:<f@d.example>
S: 452 4.5.3 Error: too many recipients
S: 421 4.7.0 mx.example.org Error: too many errors
A: close
)"},
    {"browsers and headers are sent away", [](server_settings& s) { s.forbidden_commands = {{"GET", false}}; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: GET / HTTP/1.1
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
A: close
)"},
    {"header line as a command", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: Subject: hello
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
A: close
)"},
    {"TLS to a plaintext port",
     [](server_settings& s) {
       s.forbidden_commands = {{"", true}};
       s.smtputf8 = false;
     },
     "\n"
     "E: connect\nS: 220 mx.example.org ESMTP Postern\n"
     "C: \x16\x03\x01\n"
     "S: 221 2.7.0 Error: I can break rules, too. Goodbye.\nA: close\n"},
    {"bare LF behind a command is refused", [](server_settings& s) { s.newline = bare_newline::reject; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: NOOP
S: 250 2.0.0 Ok
C(LF): NOOP
S: 550 5.5.2 mx.example.org Error: bare <LF> received
A: close
)"},
    {"bare LF behind a command is let pass", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C(LF): NOOP
S: 250 2.0.0 Ok
)"},
    {"commands that do nothing", [](server_settings& s) { s.noop_commands = {"XTALK"}; }, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: xtalk 4
S: 250 2.0.0 Ok
)"},
    {"refused at the door", nothing, R"(
E: connect-refused 421 4.7.1 mx.example.org not now
S: 421 4.7.1 mx.example.org not now
A: close
)"},
    {"refused at the door for good, and goes on", nothing, R"(
E: connect-refused 554 5.7.1 mx.example.org not for you
S: 554 5.7.1 mx.example.org not for you
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: 550 5.7.1 no
S: 550 5.7.1 no
C: QUIT
S: 221 2.0.0 Bye
A: close
)"},
    {"policy hangs up", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: 421 4.7.1 go away
S: 421 4.7.1 go away
A: close
)"},
    {"line too long", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
E: long-line
S: 500 5.5.2 Error: line too long
C: NOOP
S: 250 2.0.0 Ok
)"},
    {"time-out in the content", nothing, R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: RCPT TO:<c@d.example>
A: ask_recipient <c@d.example>
V: ok
S: 250 2.1.5 Ok
C: DATA
A: ask_data
V: ok
S: 354 End data with <CR><LF>.<CR><LF>
A: begin_data
E: timeout
S: 421 4.4.2 mx.example.org Error: timeout exceeded
A: abort
A: close
)"},
};

TEST(server_scripts, play_as_written) {
  for (auto const& test : scripts) {
    auto settings = basic_settings();
    test.change(settings);
    server_session session(settings, basic_offer());
    EXPECT_EQ(play(session, test.script), test.script) << test.name;
  }
}

// After any step of any script the peer may go, the time may be up, the server may stop: nothing breaks, content that
// was under way is forgotten, and the connection is closed.
TEST(server_scripts, survive_an_end_after_every_step) {
  for (auto const& test : scripts) {
    auto const lines = split(test.script, '\n');
    for (std::size_t cut = 0; cut < lines.size(); ++cut) {
      for (std::string_view const ending : {"E: timeout", "E: shutdown", "E: disconnect"}) {
        auto settings = basic_settings();
        test.change(settings);
        server_session session(settings, basic_offer());
        bool content_under_way = false;
        bool closed = false;
        for (std::size_t i = 0; i < cut; ++i) {
          if (!testing::is_input(lines[i])) continue;
          for (auto const& output : enter(session, lines[i])) {
            if (output.starts_with("A: begin_data") ||
                (output.starts_with("A: begin_bdat") && !output.ends_with("discard"))) {
              content_under_way = true;
            }
            if (output == "A: abort" || output == "A: commit" || output.starts_with("S: 250 2.0.0 Ok: queued") ||
                output.find("bytes queued") != std::string::npos) {
              content_under_way = false;
            }
            if (output.starts_with("S: 451 4.3.0")) content_under_way = false;
            closed |= output == "A: close";
          }
        }
        if (closed) continue;
        auto const outputs = enter(session, ending);
        bool const aborts = std::ranges::find(outputs, "A: abort") != outputs.end();
        EXPECT_EQ(aborts, content_under_way) << test.name << " cut at " << cut << ' ' << ending;
        EXPECT_EQ(!outputs.empty() && outputs.back() == "A: close", ending != "E: disconnect") << test.name;
        EXPECT_FALSE(session.wants_line()) << test.name;
      }
    }
  }
}

}  // namespace
}  // namespace postern::smtp
