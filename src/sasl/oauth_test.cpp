#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "sasl/oauth_message.hpp"
#include "sasl/oauthbearer.hpp"
#include "sasl/test_exchange.hpp"
#include "sasl/xoauth2.hpp"

// OAUTHBEARER and XOAUTH2: messages, and both sides of the exchange.
namespace postern::sasl {
namespace {

constexpr std::string_view sample_token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
constexpr std::string_view sample_143 =
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbG"
    "NrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
constexpr std::string_view sample_587 =
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbG"
    "NrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
constexpr std::string_view sample_refusal =
    "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW"
    "1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=";
constexpr std::string_view sample_google =
    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ"
    "==";

TEST(oauthbearer, agrees_with_the_examples_of_rfc_7628) {
  for (auto const& [sample, port] : {std::pair(sample_143, 143), std::pair(sample_587, 587)}) {
    auto const text = decode_base64(sample).value();
    auto const message = parse_oauthbearer(text);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->user, "user@example.com");
    EXPECT_EQ(message->token.reveal(), sample_token);
    EXPECT_EQ(message->host, "server.example.com");
    EXPECT_EQ(message->port, port);
    EXPECT_EQ(format_oauthbearer(*message).reveal(), text);
  }
  EXPECT_EQ(encode_base64(format_oauthbearer_refusal("invalid_token", "example_scope",
                                                     "https://example.com/.well-known/openid-configuration")),
            sample_refusal);
}

TEST(xoauth2, agrees_with_the_example_of_google) {
  auto const text = decode_base64(sample_google).value();
  auto const message = parse_xoauth2(text);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->user, "someuser@example.com");
  EXPECT_EQ(message->token.reveal(), "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
  EXPECT_EQ(format_xoauth2(*message).reveal(), text);
}

TEST(oauthbearer, names_are_escaped_in_the_header) {
  auto const text = format_oauthbearer({"a,b=c", secret("t")});
  EXPECT_TRUE(text.reveal().starts_with("n,a=a=2Cb=3Dc,\x01"));
  EXPECT_EQ(parse_oauthbearer(text.reveal())->user, "a,b=c");
  EXPECT_EQ(parse_oauthbearer("n,,\x01"
                              "auth=Bearer t\x01\x01")
                ->user,
            "");
}

struct bad_row {
  std::string_view name;
  std::string text;
};
bad_row const bad_oauthbearer[] = {
    {"empty", ""},
    {"only the acknowledgement", "\x01"},
    {"no header", "\1auth=Bearer t\1\1"},
    {"binds a channel", "p=tls-exporter,,\1auth=Bearer t\1\1"},
    {"unknown flag", "x,,\1auth=Bearer t\1\1"},
    {"wrong attribute", "n,b=joe,\1auth=Bearer t\1\1"},
    {"empty name", "n,a=,\1auth=Bearer t\1\1"},
    {"bad escape", "n,a=a=2cb,\1auth=Bearer t\1\1"},
    {"cut escape", "n,a=a=2,\1auth=Bearer t\1\1"},
    {"not UTF-8", "n,a=\xff,\1auth=Bearer t\1\1"},
    {"no ^A after the header", "n,a=joe,auth=Bearer t\1\1"},
    {"no end", "n,a=joe,\1auth=Bearer t\1"},
    {"something behind the end", "n,a=joe,\1auth=Bearer t\1\1x"},
    {"half a pair", "n,a=joe,\1auth\1\1"},
    {"no key", "n,a=joe,\1=x\1auth=Bearer t\1\1"},
    {"no token at all", "n,a=joe,\1host=x\1\1"},
    {"two tokens", "n,a=joe,\1auth=Bearer t\1auth=Bearer u\1\1"},
    {"another scheme", "n,a=joe,\1auth=Basic t\1\1"},
    {"no blank", "n,a=joe,\1auth=Bearert\1\1"},
    {"a token with a blank", "n,a=joe,\1auth=Bearer a b\1\1"},
    {"a token with CR LF", "n,a=joe,\1auth=Bearer a\r\nb\1\1"},
    {"a token of padding", "n,a=joe,\1auth=Bearer ==\1\1"},
    {"a port that is none", "n,a=joe,\1port=65536\1auth=Bearer t\1\1"},
};
bad_row const bad_xoauth2[] = {
    {"empty", ""},
    {"no user", "auth=Bearer t\1\1"},
    {"empty user", "user=\1auth=Bearer t\1\1"},
    {"no token", "user=joe\1\1"},
    {"no end", "user=joe\1auth=Bearer t\1"},
    {"not UTF-8", "user=\xff\1auth=Bearer t\1\1"},
    {"a NUL", std::string("user=a\0b\1auth=Bearer t\1\1", 23)},
};

TEST(oauth_message, refuses_what_is_not_one) {
  for (auto const& [name, text] : bad_oauthbearer) EXPECT_FALSE(parse_oauthbearer(text)) << name;
  for (auto const& [name, text] : bad_xoauth2) EXPECT_FALSE(parse_xoauth2(text)) << name;
}

TEST(oauth_message, cut_anywhere_it_is_refused) {
  auto const bearer = decode_base64(sample_143).value();
  auto const google = decode_base64(sample_google).value();
  for (std::size_t cut = 0; cut < bearer.size(); ++cut) EXPECT_FALSE(parse_oauthbearer(bearer.substr(0, cut))) << cut;
  for (std::size_t cut = 0; cut < google.size(); ++cut) EXPECT_FALSE(parse_xoauth2(google.substr(0, cut))) << cut;
}

TEST(oauth_message, keeps_its_limits) {
  response_limits const limits{.user_max = 3, .token_max = 4};
  EXPECT_TRUE(parse_xoauth2("user=abc\1auth=Bearer abcd\1\1", {.user_max = 3, .token_max = 40}));
  EXPECT_FALSE(parse_xoauth2("user=abcd\1auth=Bearer abcd\1\1", {.user_max = 3, .token_max = 40}));
  EXPECT_FALSE(parse_xoauth2("user=abc\1auth=Bearer abcde\1\1", {.user_max = 30, .token_max = 4}));
  EXPECT_FALSE(parse_oauthbearer("n,a=abc,\1auth=Bearer abcd\1\1", limits));  // the whole is too long
  auto const long_token = std::string(12288, 'x');
  EXPECT_TRUE(parse_oauthbearer(format_oauthbearer({"joe", secret(std::string_view(long_token))}).reveal()));
}

TEST(oauth_message, refusals_are_valid_json) {
  EXPECT_EQ(format_oauthbearer_refusal("invalid_token", "", ""), R"({"status":"invalid_token"})");
  EXPECT_EQ(format_oauthbearer_refusal("x", "a\"\\\n", ""), R"({"status":"x","scope":"a\"\\\u000a"})");
  EXPECT_EQ(format_xoauth2_refusal("invalid_token", "mail"), R"({"status":"401","schemes":"bearer","scope":"mail"})");
  EXPECT_EQ(format_xoauth2_refusal("insufficient_scope", ""), R"({"status":"403","schemes":"bearer"})");
  EXPECT_EQ(format_xoauth2_refusal("invalid_request", ""), R"({"status":"400","schemes":"bearer"})");
}

// ---- exchanges

using server_factory = std::unique_ptr<server_mechanism> (*)(server_parameters const&);
using client_factory = std::unique_ptr<client_mechanism> (*)(client_credentials);
struct mechanism_pair {
  std::string_view name;
  server_factory server;
  client_factory client;
};
constexpr mechanism_pair pairs[] = {{"OAUTHBEARER", make_oauthbearer_server, make_oauthbearer_client},
                                    {"XOAUTH2", make_xoauth2_server, make_xoauth2_client}};

TEST(oauth_exchange, logs_in_as_whom_the_token_names) {
  testing::test_account const account{.keys = {}, .stored = {}, .token = {.good = true, .user = "joe", .error = {}}};
  for (auto const& [name, make_server, make_client] : pairs) {
    for (bool const initial : {false, true}) {
      auto const server = make_server(testing::test_parameters());
      auto const client = make_client(testing::test_credentials("joe@example.org", "token"));
      auto const end = testing::run_exchange(*server, *client, account, initial);
      auto const* const good = std::get_if<authenticated>(&end.server);
      ASSERT_NE(good, nullptr) << name;
      EXPECT_EQ(good->user, "joe");
      EXPECT_EQ(good->authzid, "joe@example.org");
      EXPECT_TRUE(end.client);
    }
  }
}

TEST(oauth_exchange, a_refused_token_is_explained_and_acknowledged_before_the_end) {
  for (auto const& [name, make_server, make_client] : pairs) {
    auto const server = make_server(testing::test_parameters());
    auto const client = make_client(testing::test_credentials("joe", "token"));
    ASSERT_TRUE(std::holds_alternative<verify_token>(server->start((*client->start())->reveal())));
    auto const refusal = server->on_token({.good = false, .user = {}, .error = "insufficient_scope"});
    ASSERT_TRUE(std::holds_alternative<challenge>(refusal)) << name;
    auto const answer = client->step(std::get<challenge>(refusal).data);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->reveal(), name == "XOAUTH2" ? "" : "\x01");
    auto const end = server->step(answer->reveal());
    ASSERT_TRUE(std::holds_alternative<rejected>(end));
    EXPECT_EQ(std::get<rejected>(end).reason, reject_reason::bad_token);
    EXPECT_EQ(std::get<rejected>(end).user, "joe");
    EXPECT_FALSE(client->step("more"));
    EXPECT_FALSE(client->on_success());
  }
}

TEST(oauth_exchange, a_client_without_a_token_is_told_where_to_get_one) {
  auto parameters = testing::test_parameters();
  parameters.oauth_configuration = "https://id.example/";
  auto const server = make_oauthbearer_server(parameters);
  auto const action = server->start("n,a=joe,\1host=x\1port=143\1auth=\1\1");
  ASSERT_TRUE(std::holds_alternative<challenge>(action));
  EXPECT_NE(std::get<challenge>(action).data.find("https://id.example/"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<rejected>(server->step("\1")));
}

TEST(oauth_exchange, a_second_token_after_a_refusal_is_not_looked_at) {
  auto const server = make_xoauth2_server(testing::test_parameters());
  server->start("user=joe\1auth=Bearer t\1\1");
  server->on_token({});
  EXPECT_TRUE(std::holds_alternative<rejected>(server->step("user=joe\1auth=Bearer u\1\1")));
}

TEST(oauth_exchange, a_good_verdict_that_names_nobody_is_none) {
  auto const server = make_xoauth2_server(testing::test_parameters());
  server->start("user=joe\1auth=Bearer t\1\1");
  EXPECT_TRUE(std::holds_alternative<challenge>(server->on_token({.good = true, .user = {}, .error = {}})));
}

}  // namespace
}  // namespace postern::sasl
