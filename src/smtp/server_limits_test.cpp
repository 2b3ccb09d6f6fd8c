// Commands that the driver does not let begin, because the client is over a limit: lines in, actions out.
#include <gtest/gtest.h>

#include "smtp/server_session.hpp"
#include "smtp/testing/server_fixture.hpp"
#include "smtp/testing/server_script.hpp"

namespace postern::smtp {
namespace {

using testing::basic_offer;
using testing::basic_settings;
using testing::play;

TEST(server_limits, starttls_needs_leave) {
  constexpr std::string_view script = R"(
E: ask-about-tls
E: connect
S: 220 mx.example.org ESMTP Postern
C: STARTTLS
A: start_tls
E: tls-refused 454 4.7.0 Error: too many new TLS sessions from unknown[192.0.2.7]
S: 454 4.7.0 Error: too many new TLS sessions from unknown[192.0.2.7]
C: STARTTLS
A: start_tls
E: tls-permitted
S: 220 2.0.0 Ready to start TLS
E: tls
C: EHLO client.example
S: 250-mx.example.org
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_TRUE(play(session, script).starts_with(script.substr(0, script.size() - 1)));
  EXPECT_TRUE(session.tls_active());
}

TEST(server_limits, auth_is_refused_before_it_begins) {
  constexpr std::string_view script = R"(
E: tls
E: connect
S: 220 mx.example.org ESMTP Postern
C: AUTH PLAIN AGpvZQBwdw==
A: start_auth PLAIN =AGpvZQBwdw==
E: auth-refused 450 4.7.1 Error: too many AUTH commands from 192.0.2.7
S: 450 4.7.1 Error: too many AUTH commands from 192.0.2.7
C: NOOP
S: 250 2.0.0 Ok
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_EQ(play(session, script), script);
  EXPECT_FALSE(session.authenticated());
}

}  // namespace
}  // namespace postern::smtp
