// The server's dialogues around BDAT.
#include <gtest/gtest.h>

#include "smtp/testing/server_script_table.hpp"

namespace postern::smtp {
namespace {

void nothing(server_settings&) {}

testing::script_case const scripts[] = {
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
};

TEST(server_chunking_scripts, play_as_written) { testing::play_as_written(scripts); }

TEST(server_chunking_scripts, survive_an_end_after_every_step) { testing::end_after_every_step(scripts); }

}  // namespace
}  // namespace postern::smtp
