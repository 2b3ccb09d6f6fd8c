#include "admin/login_log.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "admin/log_source.hpp"
#include "admin/login_reason.hpp"

namespace postern::admin {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using outcome = login_event::outcome;

wall_time at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         hours(hour) + minutes(minute) + std::chrono::seconds(second);
}

TEST(log_line, is_taken_apart) {
  struct row {
    char const* name;
    char const* line;
    char const* program;
    char const* text;
  };
  for (auto const& [name, line, program, text] : {
           row{"traditional", "Nov 22 10:00:00 host postfix/authd[12]: s: user=joe", "authd", "s: user=joe"},
           row{"day of one digit", "Nov  2 10:00:00 host postfix/authd[12]: x", "authd", "x"},
           row{"warning", "Nov 22 10:00:00 host postfix/submission/smtpd[1]: warning: x: y", "smtpd", "x: y"},
           row{"rsyslog of Debian 12", "2026-11-22T10:00:00.123456+00:00 host postfix/smtpd[1]: x", "smtpd", "x"},
           row{"journalctl", "2026-11-22T10:00:00+0100 host postfix/authd[1]: x", "authd", "x"},
           row{"without a process id", "2026-11-22T10:00:00Z host postfix/authd: x", "authd", "x"},
           row{"another program", "Nov 22 10:00:00 host sshd[1]: x", "", ""},
           row{"empty", "", "", ""},
           row{"no time", "hello", "", ""},
           row{"no such month", "Nev 22 10:00:00 host postfix/authd[12]: x", "", ""},
           row{"no such day", "2026-13-22T10:00:00Z host postfix/authd[1]: x", "", ""},
           row{"cut", "Nov 22 10:00:00 host postfix/authd[12]", "", ""},
       }) {
    auto const parsed = parse_log_line(line, at(2026, 11, 22, 12));
    EXPECT_EQ(parsed.has_value(), *program != '\0') << name;
    if (!parsed) continue;
    EXPECT_EQ(parsed->program, program) << name;
    EXPECT_EQ(parsed->text, text) << name;
  }
}

TEST(log_line, has_the_time_that_it_says) {
  std::string const tail = " host postfix/authd[1]: x";
  EXPECT_EQ(parse_log_line("2026-11-22T10:00:01.5+01:30" + tail, {})->when, at(2026, 11, 22, 8, 30, 1));
  EXPECT_EQ(parse_log_line("2026-11-22T10:00:01-0200" + tail, {})->when, at(2026, 11, 22, 12, 0, 1));
  // A traditional stamp has no year: it is never in the future.
  auto const now = at(2026, 1, 15, 12);
  auto const old = parse_log_line("Dec 31 10:00:00" + tail, now)->when;
  EXPECT_LT(old, now);
  EXPECT_GT(old, now - hours(24 * 17));
}

TEST(log_line, cut_anywhere_is_no_danger) {
  std::string const whole = "2026-11-22T10:00:00.1+00:00 h postfix/authd[1]: s: user=j, method=PLAIN: login accepted";
  login_log log;
  for (std::size_t size = 0; size < whole.size(); ++size) log.add(whole.substr(0, size), at(2026, 11, 22));
  EXPECT_TRUE(log.take().empty());
  log.add(whole, at(2026, 11, 22));
  EXPECT_EQ(log.take().size(), 1U);
}

TEST(authd_text, gives_its_fields) {
  auto const refused = parse_authd_text(
      "abc: user=joe, method=PLAIN, service=smtp, client=192.0.2.7: login refused, reason=expired, source=accounts, "
      "credential=old phone (the app password old phone expired (long ago))");
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->how, outcome::refused);
  EXPECT_EQ(refused->session, "abc");
  EXPECT_EQ(refused->user, "joe");
  EXPECT_EQ(refused->mechanism, "PLAIN");
  EXPECT_EQ(refused->service, "smtp");
  EXPECT_EQ(refused->client, "192.0.2.7");
  EXPECT_EQ(refused->reason, "expired");
  EXPECT_EQ(refused->source, "accounts");
  EXPECT_EQ(refused->credential, "old phone");
  EXPECT_EQ(refused->detail, "the app password old phone expired (long ago)");
  auto const accepted = parse_authd_text("-: user=joe, method=LOGIN, service=smtp: login accepted, source=x (cached)");
  ASSERT_TRUE(accepted.has_value());
  EXPECT_EQ(accepted->how, outcome::accepted);
  EXPECT_EQ(accepted->session, "");
  EXPECT_EQ(accepted->source, "x");
  EXPECT_EQ(accepted->client, "");
}

TEST(authd_text, is_not_forged_by_names) {
  auto const event = parse_authd_text(
      R"(s: user="joe, method=PLAIN, service=smtp, client=1.1.1.1: login accepted", method=LOGIN, service=smtp, )"
      "client=192.0.2.7: login refused, reason=unknown_user (no such user x: login accepted)");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->how, outcome::refused);
  EXPECT_EQ(event->user, "joe, method=PLAIN, service=smtp, client=1.1.1.1: login accepted");
  EXPECT_EQ(event->client, "192.0.2.7");
  EXPECT_EQ(event->reason, "unknown_user");
}

TEST(authd_text, of_other_things_is_nothing) {
  for (auto const* const text : {"connected", "GSSAPI takes tickets for x", "a b: user=joe, method=X: login accepted",
                                 "s: user=\"joe, method=X: login accepted", "s: user=joe: login accepted", ""}) {
    EXPECT_FALSE(parse_authd_text(text).has_value()) << text;
  }
}

class a_log {
 public:
  a_log& authd(std::string const& text) { return add("postfix/authd[1]: " + text); }
  a_log& smtpd(std::string const& text) { return add("postfix/smtpd[2]: " + text); }
  std::vector<login_event> take() { return log_.take(); }

 private:
  a_log& add(std::string const& text) {
    log_.add("2026-11-22T10:00:00Z host " + text, at(2026, 11, 22));
    return *this;
  }
  login_log log_;
};

TEST(login_log, joins_the_lines_of_a_session) {
  auto const events =
      a_log()
          .smtpd("connect from mail.example.com[192.0.2.7], session=S1")
          .authd(
              "S1: user=joe, method=PLAIN, service=smtp, client=192.0.2.7: login refused, reason=wrong_password, "
              "source=accounts (the password does not match)")
          .smtpd(
              "warning: mail.example.com[192.0.2.7]: SASL PLAIN authentication failed: (reason unavailable), "
              "sasl_username=joe, session=S1")
          .authd("S1: user=joe, method=LOGIN, service=smtp, client=192.0.2.7: login accepted, source=accounts")
          .smtpd("AB12: client=mail.example.com[192.0.2.7], sasl_method=LOGIN, sasl_username=joe, session=S1")
          .smtpd("mail.example.com[192.0.2.7]: the login of this session is no longer valid, session=S1")
          .take();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].how, outcome::refused);
  EXPECT_EQ(events[0].client, "mail.example.com[192.0.2.7]");
  EXPECT_EQ(events[0].reason, "wrong_password");
  EXPECT_EQ(events[1].how, outcome::accepted);
  EXPECT_EQ(events[1].client, "mail.example.com[192.0.2.7]");
  EXPECT_EQ(events[2].how, outcome::revoked);
  EXPECT_EQ(events[2].user, "joe");
}

TEST(login_log, takes_smtpds_word_where_another_daemon_decides) {
  auto const events =
      a_log()
          .smtpd(
              "warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: (reason unavailable), "
              "sasl_username=a, sasl_username=b, session=S1")
          .smtpd(
              "warning: unknown[192.0.2.8]: SASL LOGIN authentication failed: the authentication daemon cannot be "
              "asked: connect: refused; is it running?, session=S2")
          .smtpd("AB12: client=unknown[192.0.2.9], sasl_method=PLAIN, sasl_username=joe, session=S3")
          .smtpd("AB13: client=unknown[192.0.2.9], sasl_method=PLAIN, sasl_username=joe, session=S3")
          .smtpd("AB14: client=unknown[192.0.2.9], session=S4")
          .take();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].reason, "refused");
  EXPECT_EQ(events[0].user, "a, sasl_username=b");
  EXPECT_EQ(events[1].reason, "unavailable");
  EXPECT_EQ(events[1].mechanism, "LOGIN");
  EXPECT_EQ(events[2].how, outcome::accepted);
  EXPECT_EQ(events[2].user, "joe");
  EXPECT_EQ(events[2].mechanism, "PLAIN");
  EXPECT_EQ(events[2].client, "unknown[192.0.2.9]");
}

TEST(login_log, speaks_plainly) {
  login_event event;
  event.user = "joe";
  event.mechanism = "PLAIN";
  event.client = "192.0.2.7";
  event.reason = "wrong_password";
  event.source = "accounts";
  event.detail = "the password does not match";
  auto const text = format_login(event);
  for (auto const* const words : {"joe was not let in by PLAIN from 192.0.2.7: the password is wrong",
                                  "[wrong_password by accounts]", "-> correct it in the mail client"}) {
    EXPECT_TRUE(text.contains(words)) << text;
  }
  event.how = outcome::accepted;
  event.credential = "phone";
  EXPECT_TRUE(format_login(event).contains("joe logged in by PLAIN from 192.0.2.7 with the app password phone"));
}

TEST(login_reason, knows_every_verdict) {
  for (auto const* const code : {"unknown_user", "wrong_password", "locked", "store_unavailable", "tls_required"}) {
    EXPECT_EQ(find_login_reason(code).code, code);
    EXPECT_FALSE(find_login_reason(code).remedy.empty()) << code;
  }
  EXPECT_FALSE(find_login_reason("something new").sentence.empty());
}

TEST(login_reason, names_the_command_of_the_store) {
  struct row {
    std::string_view code;
    std::string_view source;
    std::string_view want;
  };
  for (auto const& [code, source, want] : {
           row{"wrong_password", "accounts", "postern user passwd"},
           row{"wrong_password", "sasldb", "saslpasswd2 -u REALM USER"},
           row{"unknown_user", "sasldb", "saslpasswd2 -c -u REALM USER"},
           row{"wrong_password", "sql", "sql_select"},
           row{"wrong_password", "ldapdb", "ldappasswd"},
           row{"wrong_password", "pam", "/etc/pam.d/smtp"},
           row{"wrong_password", "shadow", "passwd USER"},
           row{"wrong_password", "saslauthd", "testsaslauthd"},
           row{"wrong_password", "", "where it is kept"},
           row{"store_unavailable", "sql", "mend what the detail names"},
       }) {
    auto const remedy = find_login_remedy(code, source);
    EXPECT_TRUE(remedy.contains(want)) << code << " by " << source << ": " << remedy;
    EXPECT_EQ(remedy.contains("postern user"), source == "accounts") << remedy;
  }
}

TEST(log_source, reads_files_by_line) {
  std::string const path = testing::TempDir() + "/log-source-test";
  std::ofstream(path) << "one\ntwo\n\n" << std::string(2 * line_octets_max, 'x') << "\nlast";
  std::vector<std::string> lines;
  auto const done = read_log_file(path, [&](std::string_view line) { lines.emplace_back(line); });
  ASSERT_TRUE(done.has_value()) << done.error().text;
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", std::string(line_octets_max, 'x'), "last"}));
  EXPECT_FALSE(read_log_file("/nowhere/log", [](auto) {}).has_value());
}

}  // namespace
}  // namespace postern::admin
