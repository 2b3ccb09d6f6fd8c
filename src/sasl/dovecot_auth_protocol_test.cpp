#include "sasl/dovecot_auth_protocol.hpp"

#include <gtest/gtest.h>

namespace postern::sasl::dovecot {
namespace {

std::string_view without_lf(std::string_view line) {
  EXPECT_TRUE(line.ends_with('\n'));
  return line.substr(0, line.size() - 1);
}
template <class Message>
Message client_line(std::string_view line) {
  auto parsed = parse_client_line(line);
  EXPECT_TRUE(parsed) << line << ": " << (parsed ? "" : parsed.error().text);
  EXPECT_TRUE(parsed && std::holds_alternative<Message>(*parsed)) << line;
  return parsed && std::holds_alternative<Message>(*parsed) ? std::get<Message>(*parsed) : Message{};
}
template <class Message>
Message server_line(std::string_view line) {
  auto parsed = parse_server_line(line);
  EXPECT_TRUE(parsed) << line << ": " << (parsed ? "" : parsed.error().text);
  EXPECT_TRUE(parsed && std::holds_alternative<Message>(*parsed)) << line;
  return parsed && std::holds_alternative<Message>(*parsed) ? std::get<Message>(*parsed) : Message{};
}

TEST(dovecot_auth_protocol, reads_what_postfix_sends) {
  auto const request = client_line<auth_request>(
      "AUTH\t1\tPLAIN\tservice=smtp\tnologin\tlip=192.0.2.1\trip=192.0.2.7\tsecured\tresp="
      "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
  EXPECT_EQ(request.id, 1U);
  EXPECT_EQ(request.mechanism, "PLAIN");
  EXPECT_EQ(request.service, "smtp");
  EXPECT_EQ(request.local_ip, "192.0.2.1");
  EXPECT_EQ(request.remote_ip, "192.0.2.7");
  EXPECT_TRUE(request.secured);
  EXPECT_TRUE(request.nologin);
  EXPECT_FALSE(request.final_resp_ok);
  ASSERT_TRUE(request.initial_response);
  EXPECT_EQ(request.initial_response->reveal(), std::string_view("\0tim\0tanstaaftanstaaf", 21));
  EXPECT_EQ(client_line<version_message>("VERSION\t1\t0").minor, 0U);
  EXPECT_EQ(client_line<client_pid>("CPID\t4711").pid, 4711U);
}

TEST(dovecot_auth_protocol, reads_what_exim_sends) {
  auto const request = client_line<auth_request>(
      "AUTH\t7\tLOGIN\tservice=smtp\tsecured=tls\tvalid-client-cert\trip=2001:db8::1\tlip=2001:db8::2\tnologin\tresp=");
  EXPECT_TRUE(request.secured);
  EXPECT_TRUE(request.valid_client_cert);
  ASSERT_TRUE(request.initial_response);
  EXPECT_TRUE(request.initial_response->empty());
}

struct initial_row {
  std::string_view line;
  bool present;
  bool invalid;
};
constexpr initial_row initial_rows[] = {
    {"AUTH\t1\tPLAIN\tservice=smtp", false, false},         {"AUTH\t1\tPLAIN\tservice=smtp\tresp=", true, false},
    {"AUTH\t1\tPLAIN\tservice=smtp\tresp==", true, false},  {"AUTH\t1\tPLAIN\tservice=smtp\tresp=YQ==", true, false},
    {"AUTH\t1\tPLAIN\tservice=smtp\tresp=YQ", false, true}, {"AUTH\t1\tPLAIN\tservice=smtp\tresp=*", false, true}};

TEST(dovecot_auth_protocol, tells_no_empty_and_broken_initial_responses_apart) {
  for (auto const& [line, present, invalid] : initial_rows) {
    auto const request = client_line<auth_request>(line);
    EXPECT_EQ(request.initial_response.has_value(), present) << line;
    EXPECT_EQ(request.invalid_base64, invalid) << line;
  }
}

TEST(dovecot_auth_protocol, a_client_line_that_breaks_the_protocol_is_a_failure) {
  for (std::string_view bad : {"AUTH",
                               "AUTH\t1",
                               "AUTH\t0\tPLAIN\tservice=smtp",
                               "AUTH\tx\tPLAIN\tservice=smtp",
                               "AUTH\t4294967296\tPLAIN\tservice=smtp",
                               "AUTH\t1\t\tservice=smtp",
                               "AUTH\t1\tPLAIN",
                               "AUTH\t1\tPLAIN\tsecured",
                               "AUTH\t1\tPLAIN\tservice=smtp\tresp=YQ==\tsecured",
                               "CONT",
                               "CONT\t0\tYQ==",
                               "CONT\t1\tYQ==\tx",
                               "CANCEL",
                               "CANCEL\t-1",
                               "VERSION",
                               "VERSION\t1",
                               "VERSION\tx\t1",
                               "CPID",
                               "CPID\t0",
                               "USER\t1",
                               "USER\t1\t"}) {
    EXPECT_FALSE(parse_client_line(bad)) << bad;
  }
}

TEST(dovecot_auth_protocol, a_tab_in_a_value_cannot_forge_a_field) {
  auth_request request{.id = 5, .mechanism = "PLAIN", .service = "smtp", .session = "x\tsecured\tresp=YQ==\nCANCEL\t5"};
  auto const line = format_client_line(request);
  EXPECT_EQ(line.reveal().find('\n'), line.size() - 1);
  auto const back = client_line<auth_request>(without_lf(line.reveal()));
  EXPECT_EQ(back.session, request.session);
  EXPECT_FALSE(back.secured);
  EXPECT_FALSE(back.initial_response);

  auto const ok = format_server_line(reply_ok{.id = 5, .user = "a\tuser=root\nOK\t6"});
  EXPECT_EQ(server_line<reply_ok>(without_lf(ok)).user, "a\tuser=root\nOK\t6");
}

auth_request whole_request() {
  return {.id = 4294967295U,
          .mechanism = "LOGIN",
          .service = "smtp",
          .session = "4cXvKz0wTzqK",
          .local_ip = "192.0.2.1",
          .remote_ip = "2001:db8::7",
          .local_port = "587",
          .remote_port = "50123",
          .local_name = "mail.example.org",
          .client_id = "phone",
          .tls_protocol = "TLSv1.3",
          .tls_cipher = "TLS_AES_256_GCM_SHA384",
          .cert_username = "joe",
          .cert_credential = "cert:phone:5f2a",
          .secured = true,
          .valid_client_cert = true,
          .no_penalty = true,
          .nologin = true,
          .final_resp_ok = true,
          .initial_response = secret("joe\1\t")};
}

std::vector<client_message> client_samples() {
  return {version_message{},
          client_pid{42},
          whole_request(),
          auth_request{.id = 1, .mechanism = "PLAIN", .service = "smtp"},
          auth_request{.id = 2, .mechanism = "PLAIN", .service = "smtp", .initial_response = secret()},
          client_continue{3, secret("pass\twörd"), false},
          client_continue{4, secret(), false},
          client_cancel{5},
          user_query{6, "joe@example.org", "smtp"},
          user_query{7, "a\tb", ""},
          certificate_query{8, "00ff", "smtp", "4cXvKz0wTzqK", "192.0.2.7"},
          certificate_query{9, "00ff", "", "", ""}};
}
std::vector<server_message> server_samples() {
  return {version_message{},
          mechanism_offer{"PLAIN", {"plaintext"}},
          mechanism_offer{"EXTERNAL", {}},
          server_pid{1},
          connection_id{2},
          cookie_message{"0123456789abcdef0123456789abcdef"},
          handshake_done{},
          reply_ok{1, "joe", {}, {}},
          reply_ok{2, "joe@example.org", "v=abc", {{"nologin", ""}, {"original_user", "JOE"}}},
          reply_continue{3, "Username:"},
          reply_continue{4, ""},
          reply_fail{5, "", "", fail_code::none},
          reply_fail{6, "joe", "Try again later", fail_code::temp_fail},
          reply_fail{7, "joe", "", fail_code::user_disabled},
          reply_fail{8, "joe", "x", fail_code::authz_fail},
          reply_fail{9, "joe", "x", fail_code::pass_expired},
          reply_fail{10, "", "x", fail_code::invalid_base64},
          reply_user{11, "joe", {{"uid", "1000"}}},
          reply_not_found{12},
          revoked_notice{"joe", {}},
          revoked_notice{"joe", ""},
          revoked_notice{"joe@example.org", "my\tphone"}};
}

TEST(dovecot_auth_protocol, formatting_comes_back) {
  for (auto const& message : client_samples()) {
    auto const line = format_client_line(message);
    auto const parsed = parse_client_line(without_lf(line.reveal()));
    ASSERT_TRUE(parsed) << line.reveal();
    EXPECT_EQ(parsed->index(), message.index());
    EXPECT_EQ(format_client_line(*parsed).reveal(), line.reveal());
  }
  for (auto const& message : server_samples()) {
    auto const line = format_server_line(message);
    auto const parsed = parse_server_line(without_lf(line));
    ASSERT_TRUE(parsed) << line;
    EXPECT_EQ(parsed->index(), message.index());
    EXPECT_EQ(format_server_line(*parsed), line);
  }
}

TEST(dovecot_auth_protocol, cut_at_every_offset_never_says_more_than_the_whole) {
  for (auto const& message : client_samples()) {
    auto const line = format_client_line(message);
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
      auto const parsed = parse_client_line(line.reveal().substr(0, cut));
      if (!parsed) continue;
      if (auto const* const request = std::get_if<auth_request>(&*parsed)) {
        EXPECT_FALSE(request->service.empty());
        EXPECT_NE(request->id, 0U);
      }
    }
  }
  for (auto const& message : server_samples()) {
    auto const line = format_server_line(message);
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
      auto const parsed = parse_server_line(std::string_view(line).substr(0, cut));
      if (!parsed) continue;
      auto const* const ok = std::get_if<reply_ok>(&*parsed);
      EXPECT_TRUE(ok == nullptr || (message.index() == parsed->index() && !ok->user.empty())) << line;
    }
  }
}

TEST(dovecot_auth_protocol, an_ok_without_a_user_is_no_login) {
  EXPECT_FALSE(parse_server_line("OK\t1"));
  EXPECT_FALSE(parse_server_line("OK\t1\tuser="));
  EXPECT_FALSE(parse_server_line("OK\t0\tuser=joe"));
}

TEST(dovecot_auth_protocol, reads_failures_as_servers_write_them) {
  EXPECT_EQ(server_line<reply_fail>("FAIL\t1\tuser=joe\ttemp").code, fail_code::temp_fail);
  EXPECT_EQ(server_line<reply_fail>("FAIL\t1\tcode=temp_fail").code, fail_code::temp_fail);
  EXPECT_EQ(server_line<reply_fail>("FAIL\t1\tcode=user_disabled\treason=a b").reason, "a b");
  EXPECT_EQ(server_line<reply_fail>("FAIL\t1\tcode=something_new").code, fail_code::none);
}

TEST(dovecot_auth_protocol, a_temporary_failure_is_said_in_both_ways) {
  EXPECT_EQ(format_server_line(reply_fail{1, "joe", "", fail_code::temp_fail}),
            "FAIL\t1\tuser=joe\ttemp\tcode=temp_fail\n");
}

TEST(dovecot_auth_protocol, takes_the_channel_bindings_it_knows) {
  auto const request = client_line<auth_request>(
      "AUTH\t1\tSCRAM-SHA-256-PLUS\tservice=smtp\tcb-tls-exporter=YWJj\tcb-tls-unique=*\tcb-other=YWJj\tcb-=\tcb");
  ASSERT_EQ(request.bindings.size(), 1U);
  EXPECT_EQ(request.bindings[0].type, "tls-exporter");
  EXPECT_EQ(request.bindings[0].data, "abc");
  EXPECT_EQ(format_client_line(request).reveal(), "AUTH\t1\tSCRAM-SHA-256-PLUS\tservice=smtp\tcb-tls-exporter=YWJj\n");
}

TEST(dovecot_auth_protocol, a_revocation_names_one_credential_or_all) {
  EXPECT_EQ(server_line<revoked_notice>("REVOKED\tjoe").credential, std::nullopt);
  EXPECT_EQ(server_line<revoked_notice>("REVOKED\tjoe\t").credential, "");
  EXPECT_EQ(server_line<revoked_notice>("REVOKED\tjoe\tphone").credential, "phone");
  EXPECT_FALSE(parse_server_line("REVOKED\t"));
}

TEST(dovecot_auth_protocol, unknown_commands_are_named_not_refused) {
  EXPECT_EQ(client_line<unknown_message>("CACHE-FLUSH\t1").command, "CACHE-FLUSH");
  EXPECT_EQ(server_line<unknown_message>("CANCELLED\t1").command, "CANCELLED");
  EXPECT_EQ(client_line<unknown_message>("").command, "");
}

}  // namespace
}  // namespace postern::sasl::dovecot
