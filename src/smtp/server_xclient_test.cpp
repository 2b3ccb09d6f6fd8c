// What only drivers with filters and trusted peers bring about: lines in, actions out.
#include <gtest/gtest.h>

#include "smtp/server_session.hpp"
#include "smtp/testing/server_fixture.hpp"
#include "smtp/testing/server_script.hpp"

namespace postern::smtp {
namespace {

using testing::basic_offer;
using testing::basic_settings;
using testing::play;

TEST(server_xclient, is_not_for_everybody) {
  constexpr std::string_view script = R"(
E: connect
S: 220 mx.example.org ESMTP Postern
C: XCLIENT NAME=a.example
S: 550 5.7.0 Error: insufficient authorization
C: XFORWARD NAME=a.example
S: 550 5.7.0 Error: insufficient authorization
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_EQ(play(session, script), script);
}

TEST(server_xclient, begins_anew) {
  constexpr std::string_view script = R"(
E: trust
E: connect
S: 220 mx.example.org ESMTP Postern
C: XCLIENT
S: 501 5.5.4 Syntax: XCLIENT attribute=value...
C: XCLIENT FOO=x
S: 501 5.5.4 Bad XCLIENT attribute name: FOO
C: XCLIENT NAME
S: 501 5.5.4 Error: attribute=value expected
C: XCLIENT ADDR=foo
S: 501 5.5.4 Bad ADDR syntax: foo
C: XCLIENT ADDR=2001:db8::1
S: 501 5.5.4 Bad ADDR syntax: 2001:db8::1
C: XCLIENT ADDR=::ffff:192.0.2.1
S: 501 5.5.4 Bad ADDR syntax: ::ffff:192.0.2.1
C: XCLIENT PORT=x
S: 501 5.5.4 Bad PORT syntax: x
C: XCLIENT PROTO=FOO
S: 501 5.5.4 Bad PROTO syntax: FOO
C: XCLIENT NAME=a_b..c
S: 501 5.5.4 Bad NAME syntax: a_b..c
C: MAIL FROM:<a@b.example>
A: ask_sender <a@b.example>
V: ok
S: 250 2.1.0 Ok
C: XCLIENT NAME=a.example
S: 503 5.5.1 Error: MAIL transaction in progress
C: RSET
S: 250 2.0.0 Ok
C: XCLIENT NAME=a.example ADDR=IPV6:2001:db8::1 PORT=99 LOGIN=[UNAVAILABLE]
A: replace_client a.example 2001:db8::1 99
E: replaced
S: 220 mx.example.org ESMTP Postern
C: XCLIENT NAME=a.example
S: 550 5.7.0 Error: insufficient authorization
C: XFORWARD NAME=[UNAVAILABLE] SOURCE=LOCAL PROTO=FOO
S: 250 2.0.0 Ok
C: XFORWARD SOURCE=FOO
S: 501 5.5.4 Bad SOURCE syntax: FOO
C: XFORWARD NAME=[TEMPUNAVAIL]
S: 501 5.5.4 Bad NAME syntax: [TEMPUNAVAIL]
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_EQ(play(session, script), script);
}

TEST(server_questions, greetings_and_unknown_commands) {
  constexpr std::string_view script = R"(
E: ask-about
E: connect
S: 220 mx.example.org ESMTP Postern
C: HELO one
A: ask_helo one
V: ok
S: 250 mx.example.org
C: EHLO two
A: ask_ehlo two
V: 550 5.7.1 no
S: 550 5.7.1 no
C: EHLO three
A: ask_ehlo three
V: ok without extensions
S: 250-mx.example.org
S: 250 ENHANCEDSTATUSCODES
C: FOO bar
A: ask_unknown FOO
V: ok
S: 500 5.5.2 Error: command not recognized
C: FOO bar
A: ask_unknown FOO
V: 421 4.7.0 go
S: 421 4.7.0 go
A: close
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_EQ(play(session, script), script);
}

}  // namespace
}  // namespace postern::smtp
