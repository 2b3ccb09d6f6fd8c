#include "smtp/server_session.hpp"

#include <gtest/gtest.h>

#include "smtp/testing/server_fixture.hpp"
#include "smtp/testing/server_script.hpp"

namespace postern::smtp {
namespace {

using testing::basic_offer;
using testing::basic_settings;
using testing::enter;

// Brings a session into a stage by legal means.
void bring_to(server_session& session, stage wanted) {
  std::vector<std::string_view> inputs{"E: connect"};
  if (wanted >= stage::greeted) inputs.insert(inputs.end(), {"C: EHLO x"});
  if (wanted >= stage::mail) inputs.insert(inputs.end(), {"C: MAIL FROM:<a@b.example>", "V: ok"});
  if (wanted >= stage::rcpt) inputs.insert(inputs.end(), {"C: RCPT TO:<c@d.example>", "V: ok"});
  if (wanted >= stage::chunking) inputs.insert(inputs.end(), {"C: BDAT 5", "V: ok", "E: body 5"});
  for (auto const input : inputs) enter(session, input);
}

std::string_view sample_arguments(verb id) {
  switch (id) {
    case verb::ehlo:
    case verb::helo:
      return " x";
    case verb::mail:
      return " FROM:<a@b.example>";
    case verb::rcpt:
      return " TO:<c@d.example>";
    case verb::bdat:
      return " 7";
    case verb::vrfy:
      return " joe";
    case verb::etrn:
      return " example.org";
    case verb::auth:
      return " PLAIN";
    case verb::xclient:
    case verb::xforward:
      return " NAME=a.example";
    default:
      return "";
  }
}

// The session behaves as the table says, for every verb in every stage.
TEST(server_session, obeys_the_command_table) {
  auto settings = basic_settings();
  settings.helo_required = true;
  for (auto const& row : command_table()) {
    for (auto const at : {stage::fresh, stage::greeted, stage::mail, stage::rcpt, stage::chunking}) {
      server_session session(settings, basic_offer());
      session.trust_attributes(true, true);
      bring_to(session, at);
      ASSERT_EQ(session.current_stage(), at);
      auto outputs = enter(session, "C: " + std::string(row.name) + std::string(sample_arguments(row.id)));
      ASSERT_FALSE(outputs.empty()) << row.name;
      if (outputs.front().ends_with("discard")) outputs = enter(session, "E: body 0");
      auto const refusal = row.refusal[static_cast<std::size_t>(at)];
      auto const where = std::string(row.name) + " at stage " + std::to_string(static_cast<int>(at));
      if (refusal.empty()) {
        EXPECT_FALSE(outputs.front().starts_with("S: 5")) << where << ": " << outputs.front();
      } else {
        EXPECT_EQ(outputs.front(), "S: " + std::string(refusal)) << where;
        EXPECT_EQ(session.current_stage(), at) << where;
      }
      EXPECT_EQ(session.last_verb(), row.id) << where;
      EXPECT_EQ(session.last_verb_ends_group(), row.last_in_group) << where;
    }
  }
}

TEST(server_session, lets_only_the_table_through_before_tls) {
  auto settings = basic_settings();
  settings.tls = tls_level::encrypt;
  for (auto const& row : command_table()) {
    server_session session(settings, basic_offer());
    enter(session, "E: connect");
    auto const outputs = enter(session, "C: " + std::string(row.name) + std::string(sample_arguments(row.id)));
    ASSERT_FALSE(outputs.empty()) << row.name;
    bool const sent_to_tls = outputs.front().find("Must issue a STARTTLS command first") != std::string::npos;
    EXPECT_EQ(sent_to_tls, !row.before_tls) << row.name << ": " << outputs.front();
  }
}

TEST(server_session, refuses_octets_that_no_command_has) {
  auto const settings = basic_settings();
  for (std::string_view const line :
       {std::string_view("NOOP\0x", 6), std::string_view("NOOP\rRSET"), std::string_view("\0", 1)}) {
    server_session session(settings, basic_offer());
    session.on_connect();
    auto const outputs = testing::render(session.on_line(line));
    ASSERT_EQ(outputs.size(), 1U);
    EXPECT_EQ(outputs.front(), "S: 500 5.5.2 Error: bad syntax");
  }
}

TEST(server_session, keeps_long_lines_to_auth) {
  auto settings = basic_settings();
  settings.sasl_response_limit = 4'000;
  server_session session(settings, basic_offer());
  EXPECT_GE(session.line_limit(), 4'000U);
  session.on_connect();
  EXPECT_EQ(enter(session, "C: NOOP " + std::string(3'000, 'x')).front(), "S: 500 5.5.2 Error: line too long");
  auto const token = std::string(3'000, 'A');
  EXPECT_EQ(enter(session, "C: AUTH PLAIN " + token).front(), "A: start_auth PLAIN =" + token);
  enter(session, "E: challenge ");
  EXPECT_EQ(enter(session, "C: " + std::string(4'004, 'A')).back(), "S: 500 5.5.6 SASL response limit exceeded");
}

TEST(server_session, asks_while_nobody_knows_what_is_served) {
  auto const settings = basic_settings();
  server_session session(settings, std::make_shared<mechanism_offer const>(mechanism_offer{.complete = false}));
  session.on_connect();
  for (auto const& line : enter(session, "C: EHLO x")) EXPECT_EQ(line.find("AUTH"), std::string::npos);
  EXPECT_EQ(enter(session, "C: AUTH PLAIN").front(), "A: start_auth PLAIN");
  EXPECT_EQ(enter(session, "E: unavailable gone").front(), "S: 454 4.7.0 Temporary authentication failure: gone");
}

TEST(server_session, takes_no_login_past_the_filters) {
  constexpr std::string_view refused = "S: 535 5.7.8 Error: authentication failed: Invalid authentication mechanism";
  auto const settings = basic_settings();
  for (std::string_view const permitted : {"", "SCRAM-SHA-256"}) {
    auto const offer = mechanism_offer{.before_tls = std::string(permitted), .after_tls = std::string(permitted)};
    server_session session(settings, std::make_shared<mechanism_offer const>(offer));
    session.on_connect();
    enter(session, "C: EHLO x");
    EXPECT_EQ(enter(session, "C: AUTH PLAIN AGpvZQBzZWNyZXQ=").front(), refused) << permitted;
  }
}

TEST(server_session, takes_logins_of_clients_that_were_not_told) {
  auto const settings = basic_settings();
  auto const offer = mechanism_offer{.before_tls = "PLAIN", .after_tls = "PLAIN", .announced = false};
  server_session session(settings, std::make_shared<mechanism_offer const>(offer));
  session.on_connect();
  for (auto const& line : enter(session, "C: EHLO x")) EXPECT_EQ(line.find("AUTH"), std::string::npos);
  EXPECT_EQ(enter(session, "C: AUTH PLAIN").front(), "A: start_auth PLAIN");
}

TEST(server_session, remembers_who_sent_and_forgets_the_transaction) {
  auto const settings = basic_settings();
  server_session session(settings, basic_offer());
  for (auto const input :
       {"E: connect", "C: EHLO phone.example", "C: AUTH PLAIN", "E: success joe PLAIN", "C: MAIL FROM:<a@b.example>",
        "V: ok", "C: RCPT TO:<c@d.example>", "V: ok", "C: RCPT TO:<e@d.example>", "V: ok", "C: DATA", "V: ok"}) {
    enter(session, input);
  }
  EXPECT_EQ(session.envelope().from.reverse_path, "a@b.example");
  ASSERT_EQ(session.envelope().recipients.size(), 2U);
  EXPECT_EQ(session.envelope().recipients[1].forward_path, "e@d.example");
  EXPECT_EQ(session.helo_name(), "phone.example");
  EXPECT_TRUE(session.extended());
  EXPECT_EQ(session.user(), "joe");
  EXPECT_EQ(session.mechanism(), "PLAIN");
  enter(session, "E: body 1");
  enter(session, "E: committed X");
  EXPECT_TRUE(session.envelope().recipients.empty());
  EXPECT_EQ(session.message_count(), 1U);
}

}  // namespace
}  // namespace postern::smtp
