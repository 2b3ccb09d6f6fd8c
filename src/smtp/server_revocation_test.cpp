// Sessions whose login stops being valid: lines in, actions out.
#include <gtest/gtest.h>

#include "smtp/server_session.hpp"
#include "smtp/testing/server_fixture.hpp"
#include "smtp/testing/server_script.hpp"

namespace postern::smtp {
namespace {

using testing::basic_offer;
using testing::basic_settings;
using testing::play;

TEST(server_revocation, ends_a_session_between_lines) {
  constexpr std::string_view script = R"(
E: tls
E: connect
S: 220 mx.example.org ESMTP Postern
C: AUTH PLAIN AGpvZQBwdw==
A: start_auth PLAIN =AGpvZQBwdw==
E: success joe PLAIN
S: 235 2.7.0 Authentication successful
E: revoked
S: 421 4.7.0 mx.example.org Error: login is no longer valid
A: close
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_EQ(play(session, script), script);
}

TEST(server_revocation, ends_a_session_in_the_content_and_forgets_it) {
  constexpr std::string_view script = R"(
E: tls
E: connect
S: 220 mx.example.org ESMTP Postern
C: AUTH PLAIN AGpvZQBwdw==
A: start_auth PLAIN =AGpvZQBwdw==
E: success joe PLAIN
S: 235 2.7.0 Authentication successful
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
E: revoked
S: 421 4.7.0 mx.example.org Error: login is no longer valid
A: abort
A: close
)";
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  EXPECT_EQ(play(session, script), script);
}

}  // namespace
}  // namespace postern::smtp
