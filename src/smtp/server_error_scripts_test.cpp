// The server's dialogues with clients that err, say too much, or are not welcome.
#include <gtest/gtest.h>

#include "smtp/testing/server_script_table.hpp"

namespace postern::smtp {
namespace {

void nothing(server_settings&) {}

testing::script_case const scripts[] = {
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

TEST(server_error_scripts, play_as_written) { testing::play_as_written(scripts); }

TEST(server_error_scripts, survive_an_end_after_every_step) { testing::end_after_every_step(scripts); }

}  // namespace
}  // namespace postern::smtp
