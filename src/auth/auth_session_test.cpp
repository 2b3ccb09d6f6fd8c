#include "auth/auth_session.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

auth_session::time_point const start{1000s};
session_options const secure{.failure_delay = 2s, .exchange_time = 150s, .exchanges_max = 3};
session_options const open_door{.plaintext_requires_tls = false, .failure_delay = 2s};

std::string plain(std::string_view user, std::string_view password, std::string_view authzid = "") {
  return encode_base64(std::string(authzid) + '\0' + std::string(user) + '\0' + std::string(password));
}

std::string script(ask_action const& ask) {
  if (auto const* const password = std::get_if<password_query>(&ask.what)) {
    return fmt::format("verify {} {} {}", ask.serial, ask.who.user, password->password.reveal());
  }
  if (auto const* const scram = std::get_if<scram_query>(&ask.what)) {
    return fmt::format("scram {} {} {}", ask.serial, ask.who.user, crypto::digest_size(scram->hash));
  }
  if (auto const* const stored = std::get_if<shared_secret_query>(&ask.what)) {
    return fmt::format("secret {} {} {}", ask.serial, ask.who.user, stored->mechanism);
  }
  if (auto const* const token = std::get_if<token_query>(&ask.what)) {
    return fmt::format("token {} {} {}", ask.serial, ask.who.user, token->token.reveal());
  }
  auto const& admission = std::get<admission_query>(ask.what);
  return fmt::format("admit {} {} {}/{}", ask.serial, ask.who.user, admission.source, admission.credential);
}

/// What the actions come to, in one line each: the script that a test compares with.
std::vector<std::string> script(session_actions const& actions) {
  std::vector<std::string> out;
  for (auto const& action : actions) {
    if (auto const* const send = std::get_if<send_action>(&action)) out.push_back("send " + send->text);
    if (auto const* const ask = std::get_if<ask_action>(&action)) out.push_back(script(*ask));
    if (auto const* const forget = std::get_if<forget_action>(&action))
      out.push_back(fmt::format("forget {}", forget->serial));
    if (auto const* const lookup = std::get_if<lookup_action>(&action)) {
      out.push_back(fmt::format("lookup {} {}", lookup->id, lookup->user));
    }
    if (auto const* const line = std::get_if<log_action>(&action)) {
      out.push_back((line->is_warning ? "warn " : "log ") + line->text);
    }
    if (auto const* const close = std::get_if<close_action>(&action)) out.push_back("close " + close->reason);
  }
  return out;
}
using lines = std::vector<std::string>;

auth_session make(session_options const& how = secure) { return {how, 7, std::string(32, 'c')}; }

std::string begin(std::string_view id, std::string_view mechanism, std::string_view more) {
  return fmt::format("AUTH\t{}\t{}\tservice=smtp\tsession=S1\trip=192.0.2.7\tsecured{}", id, mechanism, more);
}

TEST(auth_session, greets_with_the_whole_handshake) {
  auto const text = make().greeting();
  EXPECT_TRUE(text.starts_with("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t")) << text;
  EXPECT_TRUE(text.ends_with("CUID\t7\nCOOKIE\tcccccccccccccccccccccccccccccccc\nDONE\n")) << text;
  auto const fewer = session_options{.mechanisms = {"login"}};
  EXPECT_EQ(make(fewer).greeting().find("PLAIN"), std::string::npos);
}

TEST(auth_session, takes_the_client_s_handshake) {
  auto session = make();
  EXPECT_EQ(script(session.on_line("VERSION\t1\t0", start)), lines{});
  EXPECT_EQ(script(session.on_line("CPID\t42", start)), lines{});
}

TEST(auth_session, plain_with_initial_response_is_verified_and_accepted) {
  auto session = make();
  EXPECT_EQ(script(session.on_line(begin("1", "PLAIN", "\tresp=" + plain("Joe", "secret")), start)),
            lines{"verify 1 Joe secret"});
  EXPECT_EQ(script(session.on_reply(
                1, verdict{.code = verdict_code::accepted, .account = "joe", .detail = "", .cached = true}, start)),
            (lines{"send OK\t1\tuser=joe\n",
                   "log S1: user=joe, method=PLAIN, service=smtp, client=192.0.2.7: login accepted (cached)"}));
  EXPECT_EQ(session.exchanges(), 0U);
}

TEST(auth_session, login_goes_step_by_step) {
  auto session = make();
  EXPECT_EQ(script(session.on_line(begin("9", "LOGIN", ""), start)), lines{"send CONT\t9\tVXNlcm5hbWU6\n"});
  EXPECT_EQ(script(session.on_line("CONT\t9\t" + encode_base64("joe"), start)), lines{"send CONT\t9\tUGFzc3dvcmQ6\n"});
  EXPECT_EQ(script(session.on_line("CONT\t9\t" + encode_base64("secret"), start)), lines{"verify 1 joe secret"});
}

struct refusal_row {
  verdict_code code;
  std::string_view reason;
};
constexpr refusal_row refusals[] = {{verdict_code::unknown_user, "unknown_user"},
                                    {verdict_code::wrong_password, "wrong_password"},
                                    {verdict_code::locked, "locked"}};

TEST(auth_session, every_refusal_is_the_same_line_after_the_same_delay) {
  for (auto const& [code, reason] : refusals) {
    auto session = make();
    session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "bad")), start);
    EXPECT_EQ(
        script(session.on_reply(1, verdict{.code = code, .account = "joe", .detail = "why", .cached = false}, start)),
        lines{fmt::format(
            "log S1: user=joe, method=PLAIN, service=smtp, client=192.0.2.7: login refused, reason={} (why)", reason)});
    EXPECT_EQ(script(session.on_tick(start + 1999ms)), lines{});
    EXPECT_EQ(script(session.on_tick(start + 2s)), lines{"send FAIL\t1\tuser=joe\n"});
    EXPECT_EQ(session.exchanges(), 0U);
  }
}

TEST(auth_session, acting_for_somebody_else_looks_like_a_wrong_password) {
  auto session = make();
  auto const asked = session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "secret", "ann")), start);
  EXPECT_EQ(std::get<ask_action>(asked.at(0)).who.authzid, "ann");
  auto const logged = script(session.on_reply(
      1, verdict{.code = verdict_code::not_authorized, .account = "joe", .detail = "wants to act for ann"}, start));
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_NE(logged[0].find("reason=not_authorized (wants to act for ann"), std::string::npos) << logged[0];
  EXPECT_EQ(script(session.on_tick(start + 2s)), lines{"send FAIL\t1\tuser=joe\n"});
}

TEST(auth_session, trouble_of_ours_is_temporary_and_told_at_once) {
  for (auto const code : {verdict_code::store_unavailable, verdict_code::overloaded}) {
    auto session = make();
    session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "secret")), start);
    auto const told = script(session.on_reply(
        1, verdict{.code = code, .account = "joe", .detail = "the disk is gone", .cached = false}, start));
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0], "send FAIL\t1\tuser=joe\treason=Temporary authentication failure\ttemp\tcode=temp_fail\n");
    EXPECT_TRUE(told[1].starts_with("warn ")) << told[1];
    EXPECT_EQ(told[0].find("disk"), std::string::npos);
  }
}

TEST(auth_session, plaintext_needs_tls_unless_told_otherwise) {
  std::string const line = "AUTH\t1\tPLAIN\tservice=smtp\tresp=" + plain("joe", "secret");
  auto strict = make(secure);
  auto const refused = script(strict.on_line(line, start));
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0], "send FAIL\t1\treason=Encryption required for requested authentication mechanism\n");
  EXPECT_NE(refused[1].find("reason=tls_required"), std::string::npos);
  auto lax = make(open_door);
  EXPECT_EQ(script(lax.on_line(line, start)), lines{"verify 1 joe secret"});
}

TEST(auth_session, the_client_s_nonsense_is_a_refusal_not_a_closed_connection) {
  auto session = make();
  auto const malformed = script(session.on_line(begin("1", "PLAIN", "\tresp=" + encode_base64("joe")), start));
  ASSERT_EQ(malformed.size(), 1U);
  EXPECT_NE(malformed[0].find("reason=malformed (PLAIN response without its two NULs)"), std::string::npos);
  EXPECT_EQ(script(session.on_tick(start + 2s)), lines{"send FAIL\t1\n"});
  EXPECT_EQ(script(session.on_line(begin("2", "PLAIN", "\tresp=*"), start))[0],
            "send FAIL\t2\treason=Invalid base64 data\tcode=invalid_base64\n");
  session.on_line(begin("3", "LOGIN", ""), start);
  EXPECT_EQ(script(session.on_line("CONT\t3\t*", start))[0],
            "send FAIL\t3\treason=Invalid base64 data\tcode=invalid_base64\n");
  EXPECT_EQ(session.exchanges(), 0U);
}

TEST(auth_session, a_front_end_that_breaks_the_protocol_is_closed) {
  for (std::string const& bad :
       {std::string("AUTH"), std::string("AUTH\t1\tPLAIN"), std::string("VERSION\t2\t0"), std::string("SHUTDOWN"),
        begin("1", "SCRAM-SHA-256", ""), begin("1", "NONSENSE", "")}) {
    auto session = make();
    auto const actions = session.on_line(bad, start);
    ASSERT_EQ(actions.size(), 1U) << bad;
    EXPECT_TRUE(std::holds_alternative<close_action>(actions[0])) << bad;
  }
  auto session = make();
  session.on_line(begin("1", "LOGIN", ""), start);
  EXPECT_TRUE(std::holds_alternative<close_action>(session.on_line(begin("1", "LOGIN", ""), start).at(0)));
}

TEST(auth_session, cancelling_forgets_the_question_and_its_late_answer) {
  auto session = make();
  session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "secret")), start);
  EXPECT_EQ(script(session.on_line("CANCEL\t1", start)), lines{"forget 1"});
  session.on_line(begin("1", "PLAIN", "\tresp=" + plain("ann", "secret")), start);
  EXPECT_EQ(script(session.on_reply(
                1, verdict{.code = verdict_code::accepted, .account = "joe", .detail = "", .cached = false}, start)),
            lines{});
  EXPECT_EQ(script(session.on_reply(
                2, verdict{.code = verdict_code::accepted, .account = "ann", .detail = "", .cached = false}, start))[0],
            "send OK\t1\tuser=ann\n");
  EXPECT_EQ(script(session.on_line("CANCEL\t99", start)), lines{});
}

TEST(auth_session, a_cancelled_refusal_is_not_told) {
  auto session = make();
  session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "bad")), start);
  session.on_reply(1, verdict{.code = verdict_code::wrong_password, .account = "joe", .detail = "", .cached = false},
                   start);
  EXPECT_EQ(script(session.on_line("CANCEL\t1", start)), lines{});
  EXPECT_EQ(script(session.on_tick(start + 5s)), lines{});
}

TEST(auth_session, an_exchange_that_takes_too_long_ends) {
  auto session = make();
  session.on_line(begin("1", "LOGIN", ""), start);
  session.on_line(begin("2", "PLAIN", "\tresp=" + plain("joe", "secret")), start);
  EXPECT_EQ(script(session.on_tick(start + 149s)), lines{});
  auto const told = script(session.on_tick(start + 150s));
  EXPECT_EQ(std::ranges::count(told, "send FAIL\t1\treason=Authentication request timed out\n"), 1);
  EXPECT_EQ(std::ranges::count(told, "send FAIL\t2\treason=Authentication request timed out\n"), 1);
  EXPECT_EQ(std::ranges::count(told, "forget 2"), 1) << told.size();
  EXPECT_EQ(script(session.on_line("CONT\t1\tam9l", start + 151s)),
            lines{"send FAIL\t1\treason=Authentication request timed out\n"});
}

TEST(auth_session, no_response_is_taken_while_the_password_is_checked) {
  auto session = make();
  session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "secret")), start);
  EXPECT_TRUE(std::holds_alternative<close_action>(session.on_line("CONT\t1\tam9l", start).at(0)));
}

TEST(auth_session, its_limit_of_exchanges_is_a_temporary_failure) {
  auto session = make();
  for (std::string_view id : {"1", "2", "3"}) session.on_line(begin(id, "LOGIN", ""), start);
  EXPECT_TRUE(script(session.on_line(begin("4", "LOGIN", ""), start)).at(0).ends_with("temp\tcode=temp_fail\n"));
  EXPECT_EQ(session.exchanges(), 3U);
}

TEST(auth_session, answers_who_exists) {
  auto session = make();
  EXPECT_EQ(script(session.on_line("USER\t5\tjoe\tservice=smtp", start)), lines{"lookup 5 joe"});
  EXPECT_EQ(script(session.on_exists({5, "joe"}, true)), lines{"send USER\t5\tjoe\n"});
  EXPECT_EQ(script(session.on_exists({5, "joe"}, false)), lines{"send NOTFOUND\t5\n"});
  EXPECT_EQ(script(session.on_exists({5, "joe"}, std::nullopt)),
            lines{"send FAIL\t5\treason=Account database unavailable\ttemp\tcode=temp_fail\n"});
}

TEST(auth_session, no_password_reaches_a_log_or_an_answer) {
  std::string const password = "hunter2-hunter2";
  for (auto const code : {verdict_code::accepted, verdict_code::unknown_user, verdict_code::wrong_password,
                          verdict_code::locked, verdict_code::store_unavailable, verdict_code::overloaded}) {
    auto session = make();
    session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", password)), start);
    auto told = script(
        session.on_reply(1, verdict{.code = code, .account = "joe", .detail = "detail", .cached = false}, start));
    for (auto const& later : script(session.on_tick(start + 200s))) told.push_back(later);
    for (auto const& line : told) {
      EXPECT_EQ(line.find(password), std::string::npos) << line;
      EXPECT_EQ(line.find(encode_base64(password).substr(0, 12)), std::string::npos) << line;
    }
  }
}

TEST(auth_session, a_user_name_cannot_forge_log_lines_or_fields) {
  auto session = make();
  session.on_line(begin("1", "PLAIN", "\tresp=" + plain("a\tuser=root\nb", "x")), start);
  auto const logged = script(session.on_reply(
      1, verdict{.code = verdict_code::unknown_user, .account = "", .detail = "no such", .cached = false}, start));
  EXPECT_EQ(logged[0].find_first_of("\t\n"), std::string::npos);
  auto const told = script(session.on_tick(start + 2s));
  EXPECT_EQ(std::ranges::count(told[0], '\n'), 1);
  EXPECT_EQ(std::ranges::count(told[0], '\t'), 2);
}

}  // namespace
}  // namespace postern::auth
