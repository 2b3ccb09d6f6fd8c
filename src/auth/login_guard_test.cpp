#include "auth/login_guard.hpp"

#include <gtest/gtest.h>

#include "auth/auth_session.hpp"
#include "base/base64.hpp"

namespace postern::auth {
namespace {

auth_session::time_point const start{std::chrono::seconds(1000)};

std::uint64_t fake_mark(std::string_view user, secret const& password) {
  return user.size() * 1000 + password.reveal().size();
}

std::vector<report_action> reports_of(session_actions const& actions) {
  std::vector<report_action> out;
  for (auto const& action : actions) {
    if (auto const* const report = std::get_if<report_action>(&action)) out.push_back(*report);
  }
  return out;
}

std::string begin_plain(std::string_view user, std::string_view password) {
  auto const response = encode_base64('\0' + std::string(user) + '\0' + std::string(password));
  return "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.7\tsecured\tresp=" + response;
}

TEST(login_guard, a_session_reports_guesses_and_successes_and_nothing_else) {
  struct row {
    verdict_code code;
    std::optional<bool> reported;
  };
  session_options const how{.mark_secret = fake_mark};
  for (auto const& [code, reported] :
       {row{verdict_code::accepted, true}, row{verdict_code::wrong_password, false},
        row{verdict_code::unknown_user, false}, row{verdict_code::bad_token, false},
        row{verdict_code::locked, std::nullopt}, row{verdict_code::expired, std::nullopt},
        row{verdict_code::network_refused, std::nullopt}, row{verdict_code::not_authorized, std::nullopt},
        row{verdict_code::store_unavailable, std::nullopt}, row{verdict_code::overloaded, std::nullopt}}) {
    auth_session session(how, 1, std::string(32, 'c'));
    session.on_line(begin_plain("Joe", "secret"), start);
    auto const told = reports_of(session.on_reply(1, verdict{.code = code, .account = "joe"}, start));
    ASSERT_EQ(told.size(), reported ? 1U : 0U) << format_verdict_code(code);
    if (!reported) continue;
    EXPECT_EQ(told[0].accepted, *reported);
    EXPECT_EQ(told[0].who.user, *reported ? "joe" : "Joe");
    EXPECT_EQ(told[0].who.client_address, "192.0.2.7");
    EXPECT_EQ(told[0].secret_mark, *reported ? 0U : 3006U);
  }
}

TEST(login_guard, a_token_that_is_refused_again_is_known_again) {
  session_options const how{.mechanisms = {"XOAUTH2"}, .mark_secret = fake_mark};
  auth_session session(how, 1, std::string(32, 'c'));
  auto const response = encode_base64("user=joe\1auth=Bearer expired\1\1");
  session.on_line("AUTH\t1\tXOAUTH2\tservice=smtp\trip=192.0.2.7\tsecured\tresp=" + response, start);
  token_reply const refused{.standing = {.code = verdict_code::bad_token}, .judged = {}};
  auto told = reports_of(session.on_reply(1, refused, start));
  if (told.empty()) told = reports_of(session.on_line("CONT\t1\t", start));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].secret_mark, 3007U);
}

TEST(login_guard, what_never_came_to_a_secret_is_no_guess) {
  session_options const how{.mark_secret = fake_mark};
  for (std::string_view const line : {"AUTH\t1\tPLAIN\tservice=smtp\trip=192.0.2.7\tsecured\tresp=AAA=",
                                      "AUTH\t1\tNONESUCH\tservice=smtp\trip=192.0.2.7\tsecured",
                                      "AUTH\t1\tPLAIN\tservice=smtp\trip=192.0.2.7\tresp=AGpvZQBzZWNyZXQ="}) {
    auth_session session(how, 1, std::string(32, 'c'));
    EXPECT_TRUE(reports_of(session.on_line(line, start)).empty()) << line;
  }
}

TEST(login_guard, marks_are_the_same_for_one_user_and_secret_alone) {
  net::event_loop loop;
  ipc::anvil_client anvil(loop, "/nonexistent", std::chrono::milliseconds(100));
  account_names const names({"example.org"});
  login_guard const guard(loop, anvil, names, secret("key"));
  auto const mark = guard.mark_secret("joe", secret("wrong"));
  EXPECT_NE(mark, 0U);
  EXPECT_EQ(guard.mark_secret("Joe@Example.org", secret("wrong")), mark);
  EXPECT_NE(guard.mark_secret("joe", secret("wrong2")), mark);
  EXPECT_NE(guard.mark_secret("jane", secret("wrong")), mark);
  EXPECT_NE(login_guard(loop, anvil, names, secret("other key")).mark_secret("joe", secret("wrong")), mark);
}

}  // namespace
}  // namespace postern::auth
