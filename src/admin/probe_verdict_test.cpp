#include "admin/probe_verdict.hpp"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

smtp::server_reply read(std::string_view octets) {
  smtp::reply_reader reader;
  EXPECT_EQ(reader.feed(octets), smtp::reply_reader::outcome::complete) << octets;
  return reader.value();
}

gravity worst_of(std::vector<remark> const& said) {
  auto worst = gravity::good;
  for (auto const& one : said) worst = std::max(worst, one.level);
  return worst;
}

TEST(probe_target, is_host_and_ports) {
  struct row {
    char const* target;
    char const* host;  // null: refused
    std::vector<std::uint16_t> ports;
  };
  std::vector<row> rows{{"mail.example.com", "mail.example.com", {587, 465, 25}},
                        {"MAIL.example.com:2587", "mail.example.com", {2587}},
                        {"192.0.2.1:25", "192.0.2.1", {25}},
                        {"2001:db8::1", "2001:db8::1", {587, 465, 25}},
                        {"[2001:db8::1]", "2001:db8::1", {587, 465, 25}},
                        {"[2001:db8::1]:465", "2001:db8::1", {465}},
                        {"", nullptr, {}},
                        {":25", nullptr, {}},
                        {"host:", nullptr, {}},
                        {"host:0", nullptr, {}},
                        {"host:65536", nullptr, {}},
                        {"host:smtp", nullptr, {}},
                        {"[2001:db8::1", nullptr, {}},
                        {"[2001:db8::1]25", nullptr, {}},
                        {"a:b:c", nullptr, {}}};
  for (auto const& one : rows) {
    auto got = parse_probe_target(one.target);
    ASSERT_EQ(got.has_value(), one.host != nullptr) << one.target;
    if (!got) continue;
    std::vector<std::uint16_t> ports;
    for (auto const& port : got->ports) ports.push_back(port.port);
    EXPECT_EQ(got->host, one.host);
    EXPECT_EQ(ports, one.ports) << one.target;
  }
  EXPECT_EQ(parse_probe_target("h:465")->ports[0].tls, tls_way::implicit);
  EXPECT_EQ(parse_probe_target("h:2465")->ports[0].tls, tls_way::implicit);
  EXPECT_EQ(parse_probe_target("h:587")->ports[0].tls, tls_way::start_tls);
  EXPECT_FALSE(parse_probe_target("h:25")->ports[0].for_users);
}

TEST(offer, is_read_from_ehlo) {
  auto made =
      parse_offer(read("250-mail.example.com hello\r\n250-STARTTLS\r\n250-AUTH PLAIN login\r\n"
                       "250-AUTH=PLAIN LOGIN\r\n250 SIZE 1000\r\n"));
  EXPECT_TRUE(made.extended);
  EXPECT_TRUE(made.start_tls);
  EXPECT_TRUE(made.auth);
  EXPECT_EQ(made.mechanism_text(), "PLAIN LOGIN");
  EXPECT_FALSE(parse_offer(read("502 what?\r\n")).extended);
  EXPECT_FALSE(parse_offer(read("250 AUTH\r\n")).auth);  // the first line is the server's name
}

TEST(verdict, on_what_is_offered_in_the_clear) {
  struct row {
    char const* name;
    char const* ehlo;
    bool for_users;
    gravity want;
  };
  for (auto [name, ehlo, for_users, want] :
       {row{"hidden", "250-h\r\n250 STARTTLS\r\n", true, gravity::good},
        row{"shown", "250-h\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", true, gravity::warning},
        row{"only safe ones", "250-h\r\n250-STARTTLS\r\n250 AUTH SCRAM-SHA-256\r\n", true, gravity::good},
        row{"no TLS for users", "250 h\r\n", true, gravity::problem},
        row{"no TLS for servers", "250 h\r\n", false, gravity::warning}}) {
    EXPECT_EQ(worst_of(judge_clear_offer(parse_offer(read(ehlo)), {25, tls_way::start_tls, for_users})), want) << name;
  }
}

TEST(verdict, on_what_is_offered_under_tls) {
  probe_port users{587, tls_way::start_tls, true};
  probe_port servers{25, tls_way::start_tls, false};
  EXPECT_EQ(judge_secure_offer(parse_offer(read("250-h\r\n250 AUTH PLAIN\r\n")), users).level, gravity::good);
  EXPECT_EQ(judge_secure_offer(parse_offer(read("250-h\r\n250 AUTH\r\n")), users).level, gravity::problem);
  EXPECT_EQ(judge_secure_offer(parse_offer(read("250 h\r\n")), users).level, gravity::problem);
  EXPECT_EQ(judge_secure_offer(parse_offer(read("250 h\r\n")), servers).level, gravity::good);
}

TEST(verdict, on_a_login) {
  struct row {
    char const* reply;
    gravity want;
    char const* says;
  };
  for (auto [reply, want, says] :
       {row{"235 2.7.0 ok\r\n", gravity::good, "2.7.0"},
        row{"535 5.7.8 Error\r\n", gravity::problem, "wrong user name or password"},
        row{"535 no\r\n", gravity::problem, "wrong user name or password"},
        row{"554 5.7.8 no\r\n", gravity::problem, "wrong user name or password"},
        row{"454 4.7.0 later\r\n", gravity::problem, "cannot check passwords now"},
        row{"421 4.3.2 bye\r\n", gravity::problem, "cannot check passwords now"},
        row{"538 5.7.11 no\r\n", gravity::problem, "wants TLS"}, row{"530 5.7.0 no\r\n", gravity::problem, "wants TLS"},
        row{"534 5.7.9 no\r\n", gravity::problem, "mechanism"},
        row{"503 5.5.1 no\r\n", gravity::problem, "no login here"},
        row{"550 5.0.0 no\r\n", gravity::problem, "failed"}}) {
    auto said = judge_login(read(reply), "PLAIN");
    EXPECT_EQ(said.level, want) << reply;
    EXPECT_TRUE(said.text.contains(says)) << said.text;
    EXPECT_EQ(said.remedy.empty(), want == gravity::good) << reply;
  }
}

TEST(verdict, on_relaying) {
  struct row {
    char const* name;
    char const* mail;
    char const* rcpt;  // null: not asked
    gravity stranger;
    gravity user;
  };
  for (auto [name, mail, rcpt, stranger, user] :
       {row{"accepted", "250 ok\r\n", "250 ok\r\n", gravity::problem, gravity::good},
        row{"denied", "250 ok\r\n", "554 5.7.1 <a@b>: Relay access denied\r\n", gravity::good, gravity::problem},
        row{"login wanted at RCPT", "250 ok\r\n", "530 5.7.0 login\r\n", gravity::good, gravity::problem},
        row{"put off", "250 ok\r\n", "450 4.7.1 later\r\n", gravity::warning, gravity::warning},
        row{"recipient unknown", "250 ok\r\n", "550 5.1.10 null MX\r\n", gravity::good, gravity::warning},
        row{"login wanted at MAIL", "530 5.7.0 login\r\n", nullptr, gravity::good, gravity::problem},
        row{"sender put off", "451 4.7.1 later\r\n", nullptr, gravity::note, gravity::problem},
        row{"no answer", "250 ok\r\n", nullptr, gravity::note, gravity::problem}}) {
    relay_attempt attempt{read(mail), {}};
    if (rcpt != nullptr) attempt.rcpt = read(rcpt);
    EXPECT_EQ(judge_stranger_relay(attempt).level, stranger) << name;
    EXPECT_EQ(judge_user_relay(attempt).level, user) << name;
  }
}

TEST(verdict, on_greeting_and_handshake) {
  EXPECT_EQ(judge_greeting(read("220 h ESMTP\r\n")).level, gravity::good);
  EXPECT_EQ(judge_greeting(read("554 5.7.1 blocked\r\n")).level, gravity::problem);
  EXPECT_EQ(judge_greeting(read("421 busy\r\n")).level, gravity::problem);
  net::tls_info info;
  info.protocol = "TLSv1.3";
  info.cipher = "TLS_AES_256_GCM_SHA384";
  EXPECT_EQ(judge_handshake(info, true).level, gravity::good);
  EXPECT_EQ(judge_handshake(info, false).level, gravity::problem);
  info.protocol = "TLSv1.1";
  EXPECT_EQ(judge_handshake(info, true).level, gravity::warning);
}

TEST(token, is_a_plain_response) {
  // "\0tim\0tanstaaftanstaaf" [RFC 4616 §4]
  EXPECT_EQ(format_plain_token("tim", secret("tanstaaftanstaaf")).reveal(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
}

}  // namespace
}  // namespace postern::admin
