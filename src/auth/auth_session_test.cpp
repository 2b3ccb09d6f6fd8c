#include "auth/auth_session.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/text.hpp"

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

// Exim says version 1.0 and writes resp= always.
TEST(auth_session, a_bare_response_of_an_old_front_end_is_none) {
  struct version_case {
    std::string_view version, response;
    bool challenged;
  };
  for (auto const& one : {version_case{"VERSION\t1\t0", "", true}, version_case{"VERSION\t1\t0", "=", false},
                          version_case{"VERSION\t1\t2", "", false}}) {
    auto session = make();
    session.on_line(one.version, start);
    auto const said = script(session.on_line(begin("1", "PLAIN", "\tresp=" + std::string(one.response)), start));
    EXPECT_EQ(said == lines{"send CONT\t1\t\n"}, one.challenged) << one.version << one.response;
  }
}

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

TEST(auth_session, how_long_a_check_took_does_not_show) {
  struct row {
    std::chrono::milliseconds answered;  ///< behind the client's last word
    std::chrono::milliseconds told;
  };
  for (auto const& [answered, told] : {row{0ms, 2s}, {50ms, 2s}, {1999ms, 2s}, {2s, 4s}, {3s, 4s}, {4500ms, 6s}}) {
    // The client thinks for ten seconds before it sends the password: only what comes behind that counts.
    auto session = make();
    session.on_line(begin("1", "LOGIN", ""), start - 10s);
    session.on_line("CONT\t1\t" + encode_base64("joe"), start - 5s);
    session.on_line("CONT\t1\t" + encode_base64("bad"), start);
    session.on_reply(1, verdict{.code = verdict_code::wrong_password}, start + answered);
    EXPECT_EQ(script(session.on_tick(start + told - 1ms)), lines{}) << answered.count();
    EXPECT_EQ(script(session.on_tick(start + told)), lines{"send FAIL\t1\tuser=joe\n"}) << answered.count();
  }
}

TEST(auth_session, without_a_delay_a_refusal_is_told_with_the_next_tick) {
  session_options const hasty{.failure_delay = 0s};
  auto session = make(hasty);
  session.on_line(begin("1", "PLAIN", "\tresp=" + plain("joe", "bad")), start);
  session.on_reply(1, verdict{.code = verdict_code::wrong_password}, start + 70ms);
  EXPECT_EQ(script(session.on_tick(start + 70ms)), lines{"send FAIL\t1\tuser=joe\n"});
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
       {std::string("AUTH"), std::string("AUTH\t1\tPLAIN"), std::string("VERSION\t2\t0"), std::string("SHUTDOWN")}) {
    auto session = make();
    auto const actions = session.on_line(bad, start);
    ASSERT_EQ(actions.size(), 1U) << bad;
    EXPECT_TRUE(std::holds_alternative<close_action>(actions[0])) << bad;
  }
  auto session = make();
  session.on_line(begin("1", "LOGIN", ""), start);
  EXPECT_TRUE(std::holds_alternative<close_action>(session.on_line(begin("1", "LOGIN", ""), start).at(0)));
}

TEST(auth_session, a_mechanism_that_is_not_offered_fails_alone) {
  auto session = make();
  session.on_line(begin("7", "LOGIN", ""), start);
  for (auto const* const name : {"SCRAM-SHA-256", "NONSENSE"}) {
    EXPECT_EQ(script(session.on_line(begin("1", name, ""), start)).at(0),
              "send FAIL\t1\treason=Unsupported authentication mechanism\n");
  }
  EXPECT_EQ(session.exchanges(), 1U);
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

// ---- mechanisms that ask for more than a password's verdict

session_options strong() {
  session_options how = secure;
  how.mechanisms = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "CRAM-MD5", "PLAIN"};
  how.server.host = "mail.example.org";
  how.server.random = [](std::size_t octets) { return std::string(octets, 'r'); };
  return how;
}
session_options const scram_options = strong();

constexpr auto sha256 = crypto::hash_algorithm::sha256;
sasl::scram_verifier key_of(std::string_view password) {
  return sasl::make_scram_verifier(sha256, secret(password), "0123456789abcdef", sasl::scram_iterations_min);
}
/// What a verifier answers for a user with a password and one app password.
scram_reply two_keys() {
  return {.standing = {.code = verdict_code::accepted, .account = "joe", .source = "accounts"},
          .held = {.keys = {key_of("main"), key_of("app")}, .credentials = {"", "phone"}}};
}

/// A SCRAM client, as far as these tests need one: who it is and what it knows.
class scram_dialogue {
 public:
  explicit scram_dialogue(std::string_view begin_more = "", session_options const& how = scram_options)
      : session(how, 7, std::string(32, 'c')), more_(begin_more) {}

  /// Goes as far as the client's proof; the answer to that.
  session_actions prove(std::string_view password, scram_reply keys) {
    sasl::client_credentials who;
    who.user = "joe";
    who.password = secret(password);
    who.random = [](std::size_t octets) { return std::string(octets, 'c'); };
    client_ = sasl::find_mechanism("SCRAM-SHA-256")->make_client(std::move(who));
    auto const first = client_->start().value().value();
    auto const asked = session.on_line(
        begin("1", "SCRAM-SHA-256", std::string(more_) + "\tresp=" + encode_base64(first.reveal())), start);
    EXPECT_EQ(script(asked), lines{"scram 1 joe 32"});
    auto const challenged = session.on_reply(1, std::move(keys), start);
    return respond(challenge_of(challenged));
  }
  session_actions respond(std::string const& challenge) {
    auto const response = client_->step(challenge);
    EXPECT_TRUE(response) << challenge;
    return session.on_line("CONT\t1\t" + encode_base64(response ? response->reveal() : ""), start);
  }
  static std::string challenge_of(session_actions const& actions) {
    auto const line = std::get<send_action>(actions.at(0)).text;
    EXPECT_TRUE(line.starts_with("CONT\t1\t")) << line;
    return decode_base64(trim(line.substr(line.rfind('\t') + 1))).value_or("");
  }

  auth_session session;

 private:
  std::string more_;
  std::unique_ptr<sasl::client_mechanism> client_;
};

TEST(auth_session, says_what_plus_is_in_words_that_postfix_drops) {
  auto const text = make(scram_options).greeting();
  EXPECT_NE(text.find("MECH\tSCRAM-SHA-256-PLUS\tmutual-auth\tchannel-binding\tprivate\n"), std::string::npos) << text;
  EXPECT_NE(text.find("MECH\tSCRAM-SHA-256\tmutual-auth\n"), std::string::npos) << text;
}

TEST(auth_session, scram_proves_the_server_in_a_step_of_its_own) {
  scram_dialogue with;
  EXPECT_EQ(script(with.prove("app", two_keys())), lines{"admit 1 joe accounts/phone"});
  verdict const admitted{.code = verdict_code::accepted, .account = "joe", .source = "accounts", .credential = "phone"};
  auto const proof = with.session.on_reply(1, admitted, start);
  EXPECT_TRUE(scram_dialogue::challenge_of(proof).starts_with("v="));
  EXPECT_EQ(script(with.respond(scram_dialogue::challenge_of(proof))),
            (lines{"send OK\t1\tuser=joe\tcredential=phone\n",
                   "log S1: user=joe, method=SCRAM-SHA-256, service=smtp, client=192.0.2.7: login accepted, "
                   "source=accounts, credential=phone"}));
}

TEST(auth_session, scram_proves_the_server_with_the_success_where_there_is_room) {
  scram_dialogue with("\tfinal-resp-ok");
  EXPECT_EQ(script(with.prove("main", two_keys())), lines{"admit 1 joe accounts/"});
  auto const told = script(with.session.on_reply(1, verdict{.code = verdict_code::accepted, .account = "joe"}, start));
  EXPECT_TRUE(told.at(0).starts_with("send OK\t1\tuser=joe\tresp=")) << told.at(0);
}

TEST(auth_session, a_response_behind_the_proof_must_be_empty) {
  scram_dialogue with;
  with.prove("main", two_keys());
  with.session.on_reply(1, verdict{.code = verdict_code::accepted, .account = "joe"}, start);
  auto const logged = script(with.session.on_line("CONT\t1\tYQ==", start));
  EXPECT_NE(logged.at(0).find("reason=malformed"), std::string::npos) << logged.at(0);
  EXPECT_EQ(script(with.session.on_tick(start + 2s)), lines{"send FAIL\t1\n"});
}

TEST(auth_session, a_wrong_proof_and_an_unknown_user_look_alike) {
  scram_dialogue known;
  auto const wrong = script(known.prove("nonsense", two_keys()));
  EXPECT_NE(wrong.at(0).find("reason=wrong_password"), std::string::npos) << wrong.at(0);

  scram_dialogue unknown;
  scram_reply stand_in{.standing = {.code = verdict_code::unknown_user, .detail = "nobody of that name"},
                       .held = {.keys = {key_of("whatever")}, .credentials = {""}}};
  auto const nobody = script(unknown.prove("nonsense", stand_in));
  EXPECT_NE(nobody.at(0).find("reason=unknown_user (nobody of that name)"), std::string::npos) << nobody.at(0);
  EXPECT_EQ(script(known.session.on_tick(start + 2s)), script(unknown.session.on_tick(start + 2s)));

  // Even who guesses what the stand-in was made of is not let in.
  scram_dialogue lucky;
  auto const guessed = script(lucky.prove("whatever", stand_in));
  EXPECT_NE(guessed.at(0).find("reason=unknown_user"), std::string::npos) << guessed.at(0);
}

TEST(auth_session, a_right_proof_of_a_locked_account_is_refused_without_the_server_s_proof) {
  scram_dialogue with;
  with.prove("main", two_keys());
  auto const told = script(with.session.on_reply(1, verdict{.code = verdict_code::locked, .detail = "locked"}, start));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("reason=locked"), std::string::npos) << told[0];
  EXPECT_EQ(script(with.session.on_tick(start + 2s)), lines{"send FAIL\t1\tuser=joe\n"});
}

TEST(auth_session, keys_that_cannot_be_read_are_a_temporary_failure) {
  auto session = make(scram_options);
  session.on_line(begin("1", "SCRAM-SHA-256", "\tresp=" + encode_base64("n,,n=joe,r=abc")), start);
  scram_reply const trouble{.standing = {.code = verdict_code::store_unavailable, .detail = "no file"}, .held = {}};
  EXPECT_TRUE(script(session.on_reply(1, trouble, start)).at(0).ends_with("temp\tcode=temp_fail\n"));
}

TEST(auth_session, a_client_that_was_cheated_of_plus_is_refused_where_plus_was_possible) {
  struct row {
    std::string_view more;
    bool refused;
  };
  // "y": the client could bind, and thinks that the server could not.
  for (auto const& [more, refused] : {row{"", false}, row{"\tcb-tls-exporter=YWJj", true}}) {
    auto session = make(scram_options);
    auto const first = "\tresp=" + encode_base64("y,,n=joe,r=abc");
    auto const said = script(session.on_line(begin("1", "SCRAM-SHA-256", std::string(more) + first), start));
    EXPECT_EQ(said.at(0).find("reason=downgrade") != std::string::npos, refused) << said.at(0);
  }
}

TEST(auth_session, cram_md5_gets_the_secret_or_none) {
  for (bool const known : {true, false}) {
    auto session = make(scram_options);
    session.on_line(begin("1", "CRAM-MD5", ""), start);
    auto const response = encode_base64("joe " + std::string(32, '0'));
    EXPECT_EQ(script(session.on_line("CONT\t1\t" + response, start)), lines{"secret 1 joe CRAM-MD5"});
    shared_secret_reply reply{.standing = {.code = known ? verdict_code::accepted : verdict_code::mechanism_unusable,
                                           .detail = "nothing is kept"},
                              .held = {}};
    if (known) reply.held.emplace().value = secret("secret");
    auto const logged = script(session.on_reply(1, reply, start));
    EXPECT_NE(logged.at(0).find(known ? "reason=wrong_password" : "reason=mechanism_unusable"), std::string::npos)
        << logged.at(0);
    EXPECT_EQ(script(session.on_tick(start + 2s)), lines{"send FAIL\t1\tuser=joe\n"});
  }
}

TEST(auth_session, a_revoked_credential_is_told_to_front_ends_that_close_sessions) {
  auto silent = make();
  silent.on_line("AUTH\t1\tLOGIN\tservice=smtp\tsecured", start);
  EXPECT_EQ(script(silent.on_revoked({"joe", "phone"})), lines{});
  auto told = make();
  told.on_line(begin("1", "LOGIN", ""), start);
  EXPECT_EQ(script(told.on_revoked({"joe", "phone"})), lines{"send REVOKED\tjoe\tphone\n"});
  EXPECT_EQ(script(told.on_revoked({"joe", ""})), lines{"send REVOKED\tjoe\t\n"});
  EXPECT_EQ(script(told.on_revoked({"joe", {}})), lines{"send REVOKED\tjoe\n"});
}

TEST(auth_session, what_was_missed_is_asked_for_before_the_exchange_begins) {
  auto const ask = [](std::string_view words) {
    auto session = make();
    return session.on_line(fmt::format("AUTH\t1\tLOGIN\tservice=smtp\tsecured{}", words), start);
  };
  auto const asked = ask("\tsession=-\trevoked-since=1700000000");
  ASSERT_EQ(asked.size(), 2U);
  auto const* const recall = std::get_if<recall_action>(&asked.front());
  ASSERT_NE(recall, nullptr);
  EXPECT_EQ(recall->since, wall_time(std::chrono::seconds(1700000000)));
  for (auto const* const words : {"\trevoked-since=1700000000", "\tsession=-\trevoked-since=18446744073709551615",
                                  "\tsession=-\trevoked-since=-1", "\tsession=-\trevoked-since="}) {
    EXPECT_EQ(ask(words).size(), 1U) << words;
  }
  auto session = make();
  EXPECT_EQ(script(session.on_recalled({{"joe", "phone"}, {"ann", {}}})),
            (lines{"send REVOKED\tjoe\tphone\n", "send REVOKED\tann\n"}));
}

TEST(auth_session, a_new_offer_is_told_to_ours_and_has_others_connect_anew) {
  session_options how = secure;
  auto fresh = make(how);
  auto busy = make(how);
  busy.on_line("AUTH\t1\tLOGIN\tservice=smtp\tsecured", start);
  auto ours = make(how);
  ours.on_line(begin("1", "LOGIN", ""), start);
  for (auto* const each : {&fresh, &busy, &ours}) EXPECT_EQ(script(each->on_offer()), lines{});

  how.mechanisms = {"SCRAM-SHA-256", "PLAIN"};
  EXPECT_EQ(script(fresh.on_offer()), lines{"close "});
  EXPECT_EQ(script(busy.on_offer()), lines{}) << "it may finish first";
  busy.on_line("CANCEL\t1", start);
  EXPECT_EQ(script(busy.on_offer()), lines{"close "});
  EXPECT_EQ(script(ours.on_offer()), lines{"send MECH\tSCRAM-SHA-256\tmutual-auth\nMECH\tPLAIN\tplaintext\nDONE\n"});
  EXPECT_EQ(script(ours.on_offer()), lines{});
  EXPECT_EQ(script(ours.on_line(begin("2", "SCRAM-SHA-256", ""), start)), lines{"send CONT\t2\t\n"});
  EXPECT_EQ(script(ours.on_line(begin("3", "LOGIN", ""), start)), lines{"send CONT\t3\tVXNlcm5hbWU6\n"})
      << "its client was shown the old offer";
  EXPECT_EQ(script(ours.on_line(begin("4", "CRAM-MD5", ""), start)).at(0),
            "send FAIL\t4\treason=Unsupported authentication mechanism\n");
}

TEST(auth_session, a_login_that_a_revocation_overtakes_fails) {
  scram_dialogue asking;
  asking.prove("main", two_keys());
  asking.session.on_revoked({"joe", {}});
  auto const admitted = verdict{.code = verdict_code::accepted, .account = "joe"};
  EXPECT_NE(script(asking.session.on_reply(1, admitted, start)).at(0).find("it was revoked"), std::string::npos);

  scram_dialogue proving;
  proving.prove("main", two_keys());
  auto const proof = proving.session.on_reply(1, admitted, start);
  proving.session.on_revoked({"joe", {}});
  EXPECT_NE(script(proving.respond(scram_dialogue::challenge_of(proof))).at(0).find("it was revoked"),
            std::string::npos);

  scram_dialogue another;
  another.prove("main", two_keys());
  another.session.on_revoked({"ann", {}});
  EXPECT_TRUE(std::holds_alternative<send_action>(another.session.on_reply(1, admitted, start).at(0)));
}

TEST(auth_session, an_exchange_can_be_cancelled_in_every_phase) {
  auto const admitted = verdict{.code = verdict_code::accepted, .account = "joe"};
  auto responding = make(scram_options);
  responding.on_line(begin("1", "SCRAM-SHA-256", ""), start);
  EXPECT_EQ(script(responding.on_line("CANCEL\t1", start)), lines{});
  auto fetching = make(scram_options);
  fetching.on_line(begin("1", "SCRAM-SHA-256", "\tresp=" + encode_base64("n,,n=joe,r=abc")), start);
  EXPECT_EQ(script(fetching.on_line("CANCEL\t1", start)), lines{"forget 1"});
  EXPECT_EQ(script(fetching.on_reply(1, two_keys(), start)), lines{});
  scram_dialogue admitting;
  admitting.prove("main", two_keys());
  EXPECT_EQ(script(admitting.session.on_line("CANCEL\t1", start)), lines{"forget 1"});
  scram_dialogue proving;
  proving.prove("main", two_keys());
  proving.session.on_reply(1, admitted, start);
  EXPECT_EQ(script(proving.session.on_line("CANCEL\t1", start)), lines{});
  EXPECT_EQ(proving.session.exchanges(), 0U);
}

}  // namespace
}  // namespace postern::auth
