#include "smtp/client_session.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "smtp/testing/client_script.hpp"

namespace postern::smtp {
namespace {

using testing::enter;
using testing::play;

struct script_case {
  std::string_view name;
  void (*change)(client_settings&, client_message&);
  std::string_view script;
};

client_settings basic_settings() {
  client_settings settings;
  settings.helo_name = "me.example";
  settings.own_host_name = "me.example";
  settings.peer = "mx.example[192.0.2.1]";
  return settings;
}

client_message basic_message() {
  client_message message;
  message.from.reverse_path = "joe@me.example";
  message.from.size = 100;
  message.recipients = {{"a@mx.example", "", 0}, {"b@mx.example", "", 0}};
  return message;
}

void nothing(client_settings&, client_message&) {}
void log_in(client_settings& settings, client_message&) {
  settings.credentials = client_credentials{"joe", secret("pw")};
  settings.tls = tls_level::none;
  settings.login_rules.without_tls = {.no_anonymous = true};
  settings.random = [](std::size_t) { return std::string("client-nonce"); };
}

script_case const scripts[] = {
    {"pipelined, two messages", nothing, R"(
E: connected
S: 220 mx.example ESMTP
C: EHLO me.example
S: 250-mx.example
S: 250-PIPELINING
S: 250-SIZE 1000
S: 250 8BITMIME
A: ready
E: deliver
C: MAIL FROM:<joe@me.example> SIZE=100
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 no such user
A: done 1 bounced 5.1.1 host mx.example[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)
S: 354 go on
A: send_content
E: content-sent
S: 250 2.0.0 Ok: queued as X1
A: done 0 delivered 2.0.0 250 2.0.0 Ok: queued as X1
A: message_done reusable
E: deliver
C: MAIL FROM:<joe@me.example> SIZE=100
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 250 2.1.5 Ok
S: 354 go on
A: send_content
E: content-sent
S: 451 4.3.0 full
A: done 0 deferred 4.3.0 host mx.example[192.0.2.1] said: 451 4.3.0 full (in reply to end of DATA command)
A: done 1 deferred 4.3.0 host mx.example[192.0.2.1] said: 451 4.3.0 full (in reply to end of DATA command)
A: message_done reusable
E: quit
C: QUIT
A: close
)"},
    {"step by step after a fall back to HELO", nothing, R"(
E: connected
S: 220-mx.example
S: 220 hello
C: EHLO me.example
S: 502 what
C: HELO me.example
S: 250 mx.example
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
S: 250 ok
C: RCPT TO:<a@mx.example>
S: 452 too many
A: done 0 deferred 4.0.0 host mx.example[192.0.2.1] said: 452 too many (in reply to RCPT TO command)
C: RCPT TO:<b@mx.example>
S: 250 ok
C: DATA
S: 354 go on
A: send_content
E: content-sent
S: 554 5.6.0 virus
A: done 1 bounced 5.6.0 host mx.example[192.0.2.1] said: 554 5.6.0 virus (in reply to end of DATA command)
A: message_done reusable
)"},
    {"nobody accepted, step by step", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
S: 250 ok
C: RCPT TO:<a@mx.example>
S: 552 too many
A: done 0 deferred 4.0.0 host mx.example[192.0.2.1] said: 552 too many (in reply to RCPT TO command)
C: RCPT TO:<b@mx.example>
S: 550 no
A: done 1 bounced 5.0.0 host mx.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)
C: RSET
S: 250 ok
A: message_done reusable
)"},
    {"nobody accepted, but DATA was", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 PIPELINING
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 550 5.7.1 not you
A: done 0 bounced 5.7.1 host mx.example[192.0.2.1] said: 550 5.7.1 not you (in reply to MAIL FROM command)
A: done 1 bounced 5.7.1 host mx.example[192.0.2.1] said: 550 5.7.1 not you (in reply to MAIL FROM command)
S: 503 need MAIL
S: 503 need MAIL
S: 354 go on all the same
C: .
S: 554 nothing
A: message_done reusable
)"},
    {"sender refused, step by step", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
S: 450 4.7.1 later
A: done 0 deferred 4.7.1 host mx.example[192.0.2.1] said: 450 4.7.1 later (in reply to MAIL FROM command)
A: done 1 deferred 4.7.1 host mx.example[192.0.2.1] said: 450 4.7.1 later (in reply to MAIL FROM command)
A: message_done reusable
)"},
    {"DATA refused", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 PIPELINING
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 250 ok
S: 250 ok
S: 250 ok
S: 451 4.3.2 not now
A: done 0 deferred 4.3.2 host mx.example[192.0.2.1] said: 451 4.3.2 not now (in reply to DATA command)
A: done 1 deferred 4.3.2 host mx.example[192.0.2.1] said: 451 4.3.2 not now (in reply to DATA command)
C: RSET
S: 421 bye
A: message_done
A: close
)"},
    {"the peer hangs up with 421", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
S: 250 ok
C: RCPT TO:<a@mx.example>
S: 421 4.7.0 too many connections
A: done 0 deferred 4.7.0 host mx.example[192.0.2.1] said: 421 4.7.0 too many connections (in reply to RCPT TO command)
A: done 1 deferred 4.7.0 host mx.example[192.0.2.1] said: 421 4.7.0 too many connections (in reply to RCPT TO command)
A: message_done
A: close
)"},
    {"the peer answers in the middle of the content", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 PIPELINING
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 250 ok
S: 250 ok
S: 250 ok
S: 354 go on
A: send_content
S: 552 5.3.4 too big
A: done 0 bounced 5.3.4 host mx.example[192.0.2.1] said: 552 5.3.4 too big (in reply to message body)
A: done 1 bounced 5.3.4 host mx.example[192.0.2.1] said: 552 5.3.4 too big (in reply to message body)
A: message_done
A: close
E: content-sent
)"},
    {"the connection is lost at the dot", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 PIPELINING
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 250 ok
S: 550 no
A: done 0 bounced 5.0.0 host mx.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)
S: 250 ok
S: 354 go on
A: send_content
E: content-sent
E: disconnect
A: done 1 deferred 4.4.2 lost connection with mx.example[192.0.2.1] while sending end of data -- message may be sent more than once
A: message_done
A: close
)"},
    {"STARTTLS", [](client_settings& s, client_message&) { s.tls = tls_level::encrypt; }, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250-SIZE 5
S: 250 STARTTLS
C: STARTTLS
S: 220 go
A: start_tls
E: tls
C: EHLO me.example
S: 250-mx.example
S: 250 STARTTLS
A: ready
)"},
    {"TLS required and not offered", [](client_settings& s, client_message&) { s.tls = tls_level::encrypt; }, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: unavailable deferred 4.7.4 TLS is required, but was not offered by host mx.example[192.0.2.1]
A: close
)"},
    {"TLS required and refused", [](client_settings& s, client_message&) { s.tls = tls_level::encrypt; }, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 STARTTLS
C: STARTTLS
S: 454 4.7.0 not now
A: unavailable deferred 4.7.4 TLS is required, but host mx.example[192.0.2.1] refused to start TLS: 454 4.7.0 not now
A: close
)"},
    {"TLS possible and refused", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 STARTTLS
C: STARTTLS
S: 454 4.7.0 not now
A: ready
)"},
    {"TLS possible and failing", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 STARTTLS
C: STARTTLS
S: 220 go
A: start_tls
E: tls-failed
A: unavailable try_without_tls deferred 4.7.5 Cannot start TLS: certificate expired
A: close
)"},
    {"greeting refused", nothing, R"(
E: connected
S: 554 5.7.1 go away
A: unavailable deferred 4.7.1 host mx.example[192.0.2.1] refused to talk to me: 554 5.7.1 go away
A: close
)"},
    {"talking to itself", nothing, R"(
E: connected
S: 220 me.example
C: EHLO me.example
S: 250 me.example
A: unavailable final bounced 5.4.6 host mx.example[192.0.2.1] replied to HELO/EHLO with my own hostname me.example
A: close
)"},
    {"AUTH PLAIN", log_in, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250-AUTH LOGIN PLAIN
S: 250 AUTH=LOGIN PLAIN
C*: AUTH PLAIN AGpvZQBwdw==
S: 235 2.7.0 welcome
A: ready
)"},
    {"AUTH PLAIN whose initial response was overlooked", log_in, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN
C*: AUTH PLAIN AGpvZQBwdw==
S: 334
C*: AGpvZQBwdw==
S: 334
A: unavailable deferred 4.7.0 SASL authentication failed; cannot authenticate to server mx.example[192.0.2.1]: PLAIN: the server sent a second challenge
A: close
)"},
    {"AUTH SCRAM, the strongest offered", log_in,
     R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN CRAM-MD5 SCRAM-SHA-256
C*: AUTH SCRAM-SHA-256 biwsbj1qb2Uscj1jbGllbnQtbm9uY2U=
S: 334 cj1jbGllbnQtbm9uY2U3LHM9YzJGc2RBPT0saT00MDk2
C*: Yz1iaXdzLHI9Y2xpZW50LW5vbmNlNyxwPXUxMFJ0cXVKQWMraFVsMEs5VzhBUUlzSWJSeC9sWGN1VmQ4OFJwUEFNWG89
S: 334 dj1SdkZHQ2VhcUlmdkJMRDdqdHhIRlVBbjNYaklXaHB4UGFma0J4dVNEQTAwPQ==
)"
     "C*: \n"
     R"(S: 235 2.7.0 welcome
A: ready
)"},
    {"AUTH SCRAM with a server that does not know the password", log_in, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN CRAM-MD5 SCRAM-SHA-256
C*: AUTH SCRAM-SHA-256 biwsbj1qb2Uscj1jbGllbnQtbm9uY2U=
S: 334 cj1jbGllbnQtbm9uY2U3LHM9YzJGc2RBPT0saT00MDk2
C*: Yz1iaXdzLHI9Y2xpZW50LW5vbmNlNyxwPXUxMFJ0cXVKQWMraFVsMEs5VzhBUUlzSWJSeC9sWGN1VmQ4OFJwUEFNWG89
S: 334 dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBPQ==
A: unavailable deferred 4.7.0 SASL authentication failed; cannot authenticate to server mx.example[192.0.2.1]: SCRAM: the server does not know the password
A: close
)"},
    {"AUTH SCRAM with a server that keeps its proof back", log_in, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN CRAM-MD5 SCRAM-SHA-256
C*: AUTH SCRAM-SHA-256 biwsbj1qb2Uscj1jbGllbnQtbm9uY2U=
S: 334 cj1jbGllbnQtbm9uY2U3LHM9YzJGc2RBPT0saT00MDk2
C*: Yz1iaXdzLHI9Y2xpZW50LW5vbmNlNyxwPXUxMFJ0cXVKQWMraFVsMEs5VzhBUUlzSWJSeC9sWGN1VmQ4OFJwUEFNWG89
S: 235 2.7.0 welcome
A: unavailable deferred 4.7.0 SASL authentication failed; cannot authenticate to server mx.example[192.0.2.1]: SCRAM: the server never proved that it knows the password
A: close
)"},
    {"AUTH with a challenge that is not base64", log_in, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN CRAM-MD5 SCRAM-SHA-256
C*: AUTH SCRAM-SHA-256 biwsbj1qb2Uscj1jbGllbnQtbm9uY2U=
S: 334 go ahead
A: unavailable deferred 4.7.0 SASL authentication failed; cannot authenticate to server mx.example[192.0.2.1]: a challenge that is not base64
A: close
)"},
    {"AUTH as the filter says",
     [](client_settings& s, client_message& m) {
       log_in(s, m);
       s.login_rules.filter = {"login", "plain"};
     },
     R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN CRAM-MD5 SCRAM-SHA-256
C*: AUTH PLAIN AGpvZQBwdw==
S: 235 2.7.0 welcome
A: ready
)"},
    {"AUTH PLAIN that is too long for a command line",
     [](client_settings& s, client_message& m) {
       log_in(s, m);
       s.credentials->password = secret(std::string(400, 'p'));
     },
     R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN
C: AUTH PLAIN
S: 334
C*: AGpvZQBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw
S: 235 2.7.0 welcome
A: ready
)"},
    {"AUTH LOGIN refused", log_in, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH LOGIN
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C*: am9l
S: 334 UGFzc3dvcmQ6
C*: cHc=
S: 535 5.7.8 wrong
A: unavailable deferred 4.7.8 SASL authentication failed; server mx.example[192.0.2.1] said: 535 5.7.8 wrong
A: close
)"},
    {"no password in the clear",
     [](client_settings& s, client_message& m) {
       log_in(s, m);
       s.login_rules.without_tls = {.no_plaintext = true};
     },
     R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH PLAIN
A: unavailable deferred 4.7.0 SASL authentication failed: server mx.example[192.0.2.1] offered no compatible authentication mechanisms for this type of connection security
A: close
)"},
    {"LMTP", [](client_settings& s, client_message&) { s.lmtp = true; }, R"(
E: connected
S: 220 mx.example LMTP
C: LHLO me.example
S: 250-mx.example
S: 250 PIPELINING
A: ready
E: deliver
C: MAIL FROM:<joe@me.example>
C: RCPT TO:<a@mx.example>
C: RCPT TO:<b@mx.example>
C: DATA
S: 250 ok
S: 250 ok
S: 250 ok
S: 354 go on
A: send_content
E: content-sent
S: 250 2.0.0 saved
A: done 0 delivered 2.0.0 250 2.0.0 saved
S: 452 4.2.2 over quota
A: done 1 deferred 4.2.2 host mx.example[192.0.2.1] said: 452 4.2.2 over quota (in reply to end of DATA command)
A: message_done reusable
)"},
    {"too large for the peer", [](client_settings&, client_message& m) { m.from.size = 2000; }, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 SIZE 1999
A: ready
E: deliver
A: done 0 bounced 5.3.4 message size 2000 exceeds size limit 1999 of server mx.example[192.0.2.1]
A: done 1 bounced 5.3.4 message size 2000 exceeds size limit 1999 of server mx.example[192.0.2.1]
A: message_done reusable
)"},
    {"SMTPUTF8 missing",
     [](client_settings&, client_message& m) {
       m.needs_smtputf8 = true;
       m.recipients.pop_back();
     },
     R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: ready
E: deliver
A: done 0 bounced 5.6.7 SMTPUTF8 is required, but was not offered by host mx.example[192.0.2.1]
A: message_done reusable
)"},
    {"parameters go along where they are understood",
     [](client_settings&, client_message& m) {
       m.from.smtputf8 = true;
       m.from.body_given = true;
       m.from.body = body_kind::eight_bit_mime;
       m.from.ret = dsn_return::headers;
       m.from.envelope_id = "id+2B1";
       m.recipients = {{"a@mx.example", "rfc822;x@y.example", 6}, {"b@mx.example", "", 1}};
     },
     R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250-PIPELINING
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-DSN
S: 250 SIZE
A: ready
E: deliver
C: MAIL FROM:<joe@me.example> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1
C: RCPT TO:<a@mx.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@y.example
C: RCPT TO:<b@mx.example> NOTIFY=NEVER
C: DATA
)"},
    {"an address that would break the line",
     [](client_settings&, client_message& m) { m.recipients = {{"a\r\nQUIT", "", 0}}; }, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: ready
E: deliver
A: done 0 bounced 5.1.3 bad recipient address syntax
A: message_done reusable
)"},
    {"keywords discarded", [](client_settings& s, client_message&) { s.discarded_keywords = {"STARTTLS"}; }, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250-mx.example
S: 250 STARTTLS
A: ready
)"},
    {"not a mail server", nothing, R"(
E: connected
S: SSH-2.0-x
A: unavailable deferred 4.4.2 host mx.example[192.0.2.1] sent something that is no SMTP reply while receiving the initial server greeting
A: close
)"},
    {"closed while idle", nothing, R"(
E: connected
S: 220 mx.example
C: EHLO me.example
S: 250 mx.example
A: ready
S: 421 4.4.2 idle
A: close
)"},
};

TEST(client_session, plays_its_scripts) {
  for (auto const& test : scripts) {
    auto settings = basic_settings();
    auto message = basic_message();
    test.change(settings, message);
    client_session session(settings);
    EXPECT_EQ(play(session, message, test.script), test.script) << test.name;
  }
}

// After every step the connection may end: each recipient of a message under way has exactly one outcome, none of them
// a bounce that nobody said, and the session is closed.
TEST(client_session, accounts_for_every_recipient_after_an_end_at_any_step) {
  for (auto const& test : scripts) {
    auto const lines = split(test.script, '\n');
    for (std::size_t cut = 0; cut < lines.size(); ++cut) {
      for (std::string_view const ending : {"E: timeout", "E: disconnect"}) {
        auto settings = basic_settings();
        auto message = basic_message();
        test.change(settings, message);
        client_session session(settings);
        std::size_t deliveries = 0, outcomes = 0, messages_done = 0;
        bool can_take_outcomes = true;
        auto const count = [&](std::vector<std::string> const& outputs) {
          for (auto const& output : outputs) {
            outcomes += output.starts_with("A: done");
            messages_done += output.starts_with("A: message_done");
          }
        };
        for (std::size_t i = 0; i < cut; ++i) {
          if (!lines[i].starts_with("S:") && !lines[i].starts_with("E:")) continue;
          deliveries += lines[i] == "E: deliver";
          count(enter(session, message, lines[i]));
        }
        can_take_outcomes = !session.is_closed();
        if (can_take_outcomes) count(enter(session, message, ending));
        EXPECT_TRUE(session.is_closed()) << test.name;
        EXPECT_EQ(outcomes, deliveries * message.recipients.size()) << test.name << " cut at " << cut;
        EXPECT_EQ(messages_done, deliveries) << test.name << " cut at " << cut;
      }
    }
  }
}

// Replies may come in any pieces; a pipelining server sends many in one.
TEST(client_session, reads_replies_in_any_split) {
  std::string const replies = "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go on\r\n";
  auto const settings = basic_settings();
  for (std::size_t piece = 1; piece <= replies.size(); ++piece) {
    client_session session(settings);
    auto const message = basic_message();
    for (auto const input : {"E: connected", "S: 220 mx", "S: 250-mx", "S: 250 PIPELINING", "E: deliver"}) {
      enter(session, message, input);
    }
    std::vector<std::string> outputs;
    for (std::size_t at = 0; at < replies.size(); at += piece) {
      for (auto& line : testing::render(session.on_input(replies.substr(at, piece)))) outputs.push_back(line);
    }
    ASSERT_EQ(outputs.size(), 2U) << piece;
    EXPECT_EQ(outputs.back(), "A: send_content");
  }
}

// [RFC 3207 §6]
TEST(client_session, believes_nothing_injected_before_the_handshake) {
  auto const settings = basic_settings();
  client_session session(settings);
  auto const message = basic_message();
  for (auto const input : {"E: connected", "S: 220 mx", "S: 250-mx", "S: 250 STARTTLS"}) enter(session, message, input);
  auto const outputs = testing::render(session.on_input("220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n250-half"));
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs.front(), "A: start_tls");
  enter(session, message, "E: tls");
  EXPECT_EQ(enter(session, message, "S: 250 mx").front(), "A: ready");
  EXPECT_FALSE(session.features().auth);
  EXPECT_TRUE(session.tls_active());
}

TEST(client_session, has_a_timeout_for_every_step) {
  auto settings = basic_settings();
  settings.timeouts = {std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(3),
                       std::chrono::seconds(4), std::chrono::seconds(5), std::chrono::seconds(6),
                       std::chrono::seconds(7), std::chrono::seconds(8), std::chrono::seconds(9),
                       std::chrono::seconds(10)};
  settings.skip_quit_response = false;
  client_session session(settings);
  auto const message = basic_message();
  struct {
    std::string_view input;
    int seconds;
  } const steps[] = {{"E: connected", 1},    {"S: 220 mx", 2},  {"S: 250-mx", 2},  {"S: 250 STARTTLS", 3},
                     {"S: 220 go", 3},       {"E: tls", 2},     {"S: 250 mx", 10}, {"E: deliver", 4},
                     {"S: 250 ok", 5},       {"S: 250 ok", 5},  {"S: 250 ok", 6},  {"S: 354 go", 7},
                     {"E: content-sent", 8}, {"S: 250 ok", 10}, {"E: quit", 10}};
  for (auto const& step : steps) {
    enter(session, message, step.input);
    EXPECT_EQ(session.timeout().count(), step.seconds) << step.input;
  }
}

}  // namespace
}  // namespace postern::smtp
