// The server's dialogues around the transaction: lines in, actions out.
#include <gtest/gtest.h>

#include "smtp/testing/server_script_table.hpp"

namespace postern::smtp {
namespace {

void nothing(server_settings&) {}

testing::script_case const scripts[] = {
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
};

TEST(server_scripts, play_as_written) { testing::play_as_written(scripts); }

TEST(server_scripts, survive_an_end_after_every_step) { testing::end_after_every_step(scripts); }

}  // namespace
}  // namespace postern::smtp
