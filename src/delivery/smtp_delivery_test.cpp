#include "delivery/smtp_delivery.hpp"

#include <gtest/gtest.h>

#include "delivery/testing/fake_smtp_server.hpp"

namespace postern::delivery {
namespace {

using namespace testing;
using outcome = ipc::recipient_outcome;
using hint = ipc::destination_hint;

std::string const content = "Subject: x\r\n\r\nhello\r\n.dot\r\n";

ipc::delivery_request make_request(std::string next_hop, std::vector<std::string> const& recipients) {
  ipc::delivery_request request;
  request.id = 7;
  request.queue_id = "0123456789ABCDEF";
  request.session_id = "S1";
  request.next_hop = std::move(next_hop);
  request.sender = "joe@example.com";
  request.content_octets = content.size();
  request.extents = {{0, 10}, {10, content.size() - 10}};
  for (auto const& address : recipients) request.recipients.push_back({address, {}, {}, {}});
  return request;
}

class smtp_delivery_test : public ::testing::Test {
 protected:
  ~smtp_delivery_test() override { run_on(loop, client().stop(std::chrono::seconds(2))); }

  smtp_client& client() {
    if (!client_) client_.emplace(loop, settings, names);
    return *client_;
  }
  ipc::delivery_answer deliver(std::string next_hop, std::vector<std::string> const& recipients) {
    return run_on(loop, client().deliver(make_request(std::move(next_hop), recipients), make_segment(content)));
  }
  fake_smtp_server& serve(fake_smtp_server::script script) {
    servers.push_back(std::make_unique<fake_smtp_server>(loop, std::move(script)));
    return *servers.back();
  }
  static smtp_settings make_settings() {
    smtp_settings out;
    out.host_name = "me.example";
    out.session.own_host_name = "me.example";
    out.session.helo_name = "me.example";
    out.connect_timeout = std::chrono::seconds(60);
    out.idle_limit = std::chrono::seconds(60);
    return out;
  }

  net::event_loop loop;
  net::resolver names{loop,
                      {{"127.0.0.1@1"},
                       net::hosts_table::parse("127.0.0.1 two.example\n127.0.0.2 two.example\n"),
                       {},
                       std::chrono::milliseconds(500)}};
  smtp_settings settings = make_settings();
  std::vector<std::unique_ptr<fake_smtp_server>> servers;

 private:
  std::optional<smtp_client> client_;
};

TEST_F(smtp_delivery_test, delivers_to_many_recipients_in_one_pipelined_batch) {
  auto& server = serve({});
  auto answer = deliver(server.next_hop(), {"a@example.org", "b@example.org", "c@example.org"});
  EXPECT_EQ(answer.id, 7U);
  EXPECT_EQ(answer.hint, hint::good);
  ASSERT_EQ(answer.recipients.size(), 3U);
  for (auto const& one : answer.recipients) {
    EXPECT_EQ(one.outcome, outcome::delivered);
    EXPECT_EQ(one.status, "2.0.0");
    EXPECT_NE(one.text.find("queued as FAKE"), std::string::npos) << one.text;
    EXPECT_EQ(one.remote_mta, "127.0.0.1");
  }
  ASSERT_EQ(server.messages.size(), 1U);
  EXPECT_EQ(server.messages[0], "Subject: x\r\n\r\nhello\r\n..dot\r\n");
  EXPECT_GE(server.largest_batch, 4) << "MAIL, RCPT and DATA did not come together";
}

TEST_F(smtp_delivery_test, replies_settle_recipients_one_by_one) {
  fake_smtp_server::script script;
  script.reply = [](std::string const& command) -> std::string {
    if (command.find("no@") != std::string::npos) return "550 5.1.1 no such user\r\n";
    if (command.find("later@") != std::string::npos) return "451 4.7.1 come back later\r\n";
    return {};
  };
  auto& server = serve(script);
  auto answer = deliver(server.next_hop(), {"no@example.org", "ok@example.org", "later@example.org"});
  ASSERT_EQ(answer.recipients.size(), 3U);
  EXPECT_EQ(answer.recipients[0].outcome, outcome::bounced);
  EXPECT_EQ(answer.recipients[0].status, "5.1.1");
  EXPECT_EQ(answer.recipients[0].text,
            "host 127.0.0.1[127.0.0.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)");
  EXPECT_EQ(answer.recipients[1].outcome, outcome::delivered);
  EXPECT_EQ(answer.recipients[2].outcome, outcome::deferred);
  EXPECT_EQ(answer.recipients[2].status, "4.7.1");
  EXPECT_EQ(answer.hint, hint::good);
}

TEST_F(smtp_delivery_test, a_probe_ends_at_rcpt) {
  fake_smtp_server::script script;
  script.reply = [](std::string const& command) -> std::string {
    if (command.starts_with("RCPT TO:<no@")) return "550 5.1.1 no such user\r\n";
    if (command.starts_with("RCPT TO:<ok@")) return "250 2.1.5 welcome\r\n";
    return {};
  };
  auto& server = serve(script);
  auto request = make_request(server.next_hop(), {"ok@example.org", "no@example.org"});
  request.is_probe = true;
  request.extents.clear();
  request.content_octets = 0;
  for (int i = 0; i < 2; ++i) {
    auto answer = run_on(loop, client().deliver(request, os::unique_fd()));
    ASSERT_EQ(answer.recipients.size(), 2U);
    EXPECT_EQ(answer.recipients[0].outcome, outcome::delivered);
    EXPECT_EQ(answer.recipients[0].status, "2.1.5");
    EXPECT_EQ(answer.recipients[0].text, "250 2.1.5 welcome");
    EXPECT_EQ(answer.recipients[1].outcome, outcome::bounced);
  }
  std::vector<std::string> const once{"MAIL FROM:<joe@example.com>", "RCPT TO:<ok@example.org>",
                                      "RCPT TO:<no@example.org>", "RSET"};
  std::vector<std::string> want{"EHLO me.example"};
  for (int i = 0; i < 2; ++i) want.insert(want.end(), once.begin(), once.end());
  EXPECT_EQ(server.commands, want) << "on one connection, and without content";
  EXPECT_TRUE(server.messages.empty());
}

TEST_F(smtp_delivery_test, a_trial_with_soft_bounce_defers_what_would_bounce) {
  settings.soft_bounce = true;
  fake_smtp_server::script script;
  script.reply = [](std::string const& command) -> std::string {
    return command.starts_with("RCPT") ? "550 5.1.1 no such user\r\n" : std::string();
  };
  auto& server = serve(script);
  auto request = make_request(server.next_hop(), {"no@example.org"});
  auto answer = run_on(loop, client().deliver(request, make_segment(content)));
  ASSERT_EQ(answer.recipients.size(), 1U);
  EXPECT_EQ(answer.recipients[0].outcome, outcome::deferred);
  EXPECT_EQ(answer.recipients[0].status, "4.1.1");
  request.is_probe = true;
  request.extents.clear();
  answer = run_on(loop, client().deliver(request, os::unique_fd()));
  EXPECT_EQ(answer.recipients[0].outcome, outcome::bounced) << "a probe finds out what is";
}

TEST_F(smtp_delivery_test, a_refused_connection_is_trouble_of_the_destination) {
  std::uint16_t port = 0;
  auto const taken = bind_to_loopback(port);
  auto answer = deliver("[127.0.0.1]:" + std::to_string(port), {"a@example.org"});
  ASSERT_EQ(answer.recipients.size(), 1U);
  EXPECT_EQ(answer.recipients[0].outcome, outcome::deferred);
  EXPECT_EQ(answer.recipients[0].status, "4.4.1");
  EXPECT_EQ(answer.recipients[0].text,
            "connect to 127.0.0.1[127.0.0.1]:" + std::to_string(port) + ": Connection refused");
  EXPECT_EQ(answer.hint, hint::trouble);
}

TEST_F(smtp_delivery_test, what_is_lost_at_any_step_is_deferred) {
  struct row {
    char const* name;
    fake_smtp_server::script script;
  };
  std::vector<row> rows;
  for (auto const* verb : {"EHLO", "MAIL", "RCPT", "DATA"}) {
    fake_smtp_server::script script;
    script.reply = [verb = std::string(verb)](std::string const& command) {
      return command.starts_with(verb) ? std::string("drop") : std::string{};
    };
    rows.push_back({verb, script});
  }
  rows.push_back({"content", {}});
  rows.back().script.drop_in_content = true;
  rows.push_back({"final reply", {}});
  rows.back().script.after_content = "";
  rows.back().script.drop_after_message = true;
  rows.push_back({"greeting 421", {}});
  rows.back().script.greeting = "421 4.3.2 going down\r\n";
  rows.push_back({"no SMTP at all", {}});
  rows.back().script.greeting = "HTTP/1.1 400 Bad Request\r\n";
  for (auto const& row : rows) {
    auto& server = serve(row.script);
    auto answer = deliver(server.next_hop(), {"a@example.org", "b@example.org"});
    ASSERT_EQ(answer.recipients.size(), 2U) << row.name;
    for (auto const& one : answer.recipients) {
      EXPECT_EQ(one.outcome, outcome::deferred) << row.name << ": " << one.text;
      EXPECT_EQ(one.status.front(), '4') << row.name;
      EXPECT_FALSE(one.text.empty()) << row.name;
    }
  }
}

TEST_F(smtp_delivery_test, silence_after_the_content_is_deferred) {
  settings.session.timeouts.data_done = std::chrono::seconds(1);
  fake_smtp_server::script script;
  script.after_content = "";
  auto& server = serve(script);
  auto answer = deliver(server.next_hop(), {"a@example.org", "b@example.org"});
  ASSERT_EQ(answer.recipients.size(), 2U);
  for (auto const& one : answer.recipients) {
    EXPECT_EQ(one.outcome, outcome::deferred) << one.text;
    EXPECT_EQ(one.status.front(), '4');
  }
}

TEST_F(smtp_delivery_test, demanded_tls_that_is_not_offered_defers_and_sends_nothing) {
  settings.tls.level = smtp::tls_level::encrypt;
  auto& server = serve({});
  auto answer = deliver(server.next_hop(), {"a@example.org"});
  EXPECT_EQ(answer.recipients[0].outcome, outcome::deferred);
  EXPECT_NE(answer.recipients[0].text.find("TLS"), std::string::npos) << answer.recipients[0].text;
  for (auto const& command : server.commands) EXPECT_FALSE(command.starts_with("MAIL")) << command;
  EXPECT_TRUE(server.messages.empty());
}

TEST_F(smtp_delivery_test, a_failed_handshake_falls_back_only_when_tls_is_optional) {
  settings.tls.context = *net::tls_context::make_client({});
  settings.session.timeouts.start_tls = std::chrono::seconds(1);
  fake_smtp_server::script script;
  script.ehlo = "250-fake.example\r\n250 STARTTLS\r\n";
  script.reply = [](std::string const& command) {
    return command == "STARTTLS" ? std::string("220 go\r\nthis is no handshake\r\n") : std::string{};
  };
  settings.tls.level = smtp::tls_level::may;
  auto& optional = serve(script);
  EXPECT_EQ(deliver(optional.next_hop(), {"a@example.org"}).recipients[0].outcome, outcome::delivered);
  EXPECT_EQ(optional.connections, 2);
}

TEST_F(smtp_delivery_test, a_connection_serves_the_next_message_too) {
  auto& server = serve({});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(deliver(server.next_hop(), {"a@example.org"}).recipients[0].outcome, outcome::delivered);
  }
  EXPECT_EQ(server.connections, 1);
  EXPECT_EQ(server.messages.size(), 3U);
}

TEST_F(smtp_delivery_test, a_kept_connection_that_died_is_replaced_without_harm) {
  fake_smtp_server::script script;
  script.drop_after_message = true;
  auto& server = serve(script);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(deliver(server.next_hop(), {"a@example.org"}).recipients[0].outcome, outcome::delivered) << i;
  }
  EXPECT_EQ(server.connections, 3);
}

TEST_F(smtp_delivery_test, connections_retire_after_their_count) {
  settings.reuse_count_limit = 2;
  auto& server = serve({});
  for (int i = 0; i < 4; ++i) deliver(server.next_hop(), {"a@example.org"});
  EXPECT_EQ(server.connections, 2);
}

TEST_F(smtp_delivery_test, idle_connections_are_ended_politely) {
  settings.idle_limit = std::chrono::seconds(0);
  auto& server = serve({});
  deliver(server.next_hop(), {"a@example.org"});
  EXPECT_TRUE(run_until(loop, [&] { return !server.commands.empty() && server.commands.back() == "QUIT"; }));
}

TEST_F(smtp_delivery_test, the_next_address_is_tried_when_one_fails) {
  auto& server = serve({});  // on 127.0.0.1 only; two.example is on 127.0.0.2 too, where nobody listens
  settings.randomize = true;
  for (int i = 0; i < 6; ++i) {
    auto answer = deliver("[two.example]:" + std::to_string(server.port()), {"a@example.org"});
    EXPECT_EQ(answer.recipients[0].outcome, outcome::delivered) << answer.recipients[0].text;
  }
}

TEST_F(smtp_delivery_test, names_that_cannot_be_asked_for_defer_and_bad_next_hops_bounce) {
  auto unknown = deliver("nobody.example", {"a@nobody.example"});
  EXPECT_EQ(unknown.recipients[0].outcome, outcome::deferred);
  EXPECT_EQ(unknown.recipients[0].status, "4.4.3");
  auto bad = deliver("[host", {"a@example.org"});
  EXPECT_EQ(bad.recipients[0].outcome, outcome::bounced);
  EXPECT_EQ(bad.recipients[0].status, "5.3.5");
}

TEST_F(smtp_delivery_test, a_segment_that_is_cut_short_is_never_sent_as_a_shorter_message) {
  auto& server = serve({});
  auto request = make_request(server.next_hop(), {"a@example.org"});
  auto answer = run_on(loop, client().deliver(std::move(request), make_segment(content.substr(0, 15))));
  EXPECT_EQ(answer.recipients[0].outcome, outcome::deferred);
  EXPECT_TRUE(server.messages.empty());
}

TEST_F(smtp_delivery_test, a_server_with_our_own_name_on_a_port_of_its_own_is_no_loop) {
  fake_smtp_server::script script;
  script.greeting = "220 me.example ESMTP\r\n";
  script.ehlo = "250 me.example\r\n";
  auto& server = serve(script);
  EXPECT_EQ(deliver(server.next_hop(), {"a@example.org"}).recipients[0].outcome, outcome::delivered);
}

}  // namespace
}  // namespace postern::delivery
