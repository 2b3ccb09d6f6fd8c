#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "sasl/login.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/plain.hpp"

// PLAIN and LOGIN, server and client: both end in the same verify_plain.
namespace postern::sasl {
namespace {

using namespace std::string_view_literals;

void expect_login(server_action const& action, std::string_view user, std::string_view password,
                  std::string_view authzid = "") {
  auto const* const login = std::get_if<verify_plain>(&action);
  ASSERT_NE(login, nullptr);
  EXPECT_EQ(login->user, user);
  EXPECT_EQ(login->authzid, authzid);
  EXPECT_EQ(login->password.reveal(), password);
}
void expect_challenge(server_action const& action, std::string_view data) {
  auto const* const prompt = std::get_if<challenge>(&action);
  ASSERT_NE(prompt, nullptr);
  EXPECT_EQ(prompt->data, data);
}
bool is_rejected(server_action const& action) { return std::holds_alternative<rejected>(action); }

TEST(plain, agrees_with_the_examples_of_rfc_4616) {
  expect_login(parse_plain_message(decode_base64("AHRpbQB0YW5zdGFhZnRhbnN0YWFm").value()), "tim", "tanstaaftanstaaf");
  expect_login(parse_plain_message(decode_base64("VXJzZWwAS3VydAB4aXBqM3BsbXE=").value()), "Kurt", "xipj3plmq",
               "Ursel");
}

struct bad_row {
  std::string_view name;
  std::string_view message;
};
constexpr bad_row bad_plain[] = {{"empty", ""sv},
                                 {"no NUL", "tim"sv},
                                 {"one NUL", "\0tim"sv},
                                 {"no password", "\0tim\0"sv},
                                 {"no user", "\0\0secret"sv},
                                 {"a third NUL", "\0tim\0sec\0ret"sv},
                                 {"Latin-1 password", "\0tim\0p\xe4ss"sv},
                                 {"Latin-1 user", "\0j\xf6rg\0secret"sv}};

TEST(plain, refuses_what_is_not_a_login) {
  for (auto const& [name, message] : bad_plain) EXPECT_TRUE(is_rejected(parse_plain_message(message))) << name;
}

TEST(plain, cut_before_the_password_is_refused_and_never_crashes) {
  constexpr auto whole = "Ursel\0Kurt\0xipj3plmq"sv;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(is_rejected(parse_plain_message(whole.substr(0, cut))), cut <= 11) << cut;
  }
}

TEST(plain, keeps_its_limits) {
  response_limits const limits{.user_max = 3, .password_max = 4};
  EXPECT_FALSE(is_rejected(parse_plain_message("abc\0abc\0abcd"sv, limits)));
  EXPECT_TRUE(is_rejected(parse_plain_message("abcd\0abc\0abcd"sv, limits)));
  EXPECT_TRUE(is_rejected(parse_plain_message("abc\0abcd\0abcd"sv, limits)));
  EXPECT_TRUE(is_rejected(parse_plain_message("abc\0abc\0abcde"sv, limits)));
}

TEST(plain, asks_with_an_empty_challenge_when_there_was_no_initial_response) {
  auto const exchange = make_plain_server({});
  expect_challenge(exchange->start(std::nullopt), "");
  expect_login(exchange->step("\0tim\0secret"sv), "tim", "secret");
  EXPECT_TRUE(is_rejected(make_plain_server({})->start("")));
}

TEST(login, prompts_for_both) {
  for (std::optional<std::string_view> const first : {std::optional<std::string_view>(), std::optional(""sv)}) {
    auto const exchange = make_login_server({});
    expect_challenge(exchange->start(first), "Username:");
    expect_challenge(exchange->step("tim"), "Password:");
    expect_login(exchange->step("secret"), "tim", "secret");
  }
}

TEST(login, takes_the_user_name_as_initial_response) {
  auto const exchange = make_login_server({});
  expect_challenge(exchange->start("tim"), "Password:");
  expect_login(exchange->step("secret"), "tim", "secret");
}

TEST(login, refuses_what_is_not_a_login) {
  auto const after_user = [](std::string_view password) {
    auto const exchange = make_login_server({});
    exchange->start("tim");
    return exchange->step(password);
  };
  EXPECT_TRUE(is_rejected(make_login_server({})->start(std::string(1025, 'x'))));
  EXPECT_TRUE(is_rejected(make_login_server({})->start("a\0b"sv)));
  EXPECT_TRUE(is_rejected(after_user("")));
  EXPECT_TRUE(is_rejected(after_user(std::string(1025, 'x'))));
  EXPECT_TRUE(is_rejected(after_user("a\0b"sv)));
  EXPECT_TRUE(is_rejected(after_user("p\xe4ss")));
  auto const no_user = make_login_server({});
  no_user->start(std::nullopt);
  EXPECT_TRUE(is_rejected(no_user->step("")));
}

/// Runs our client against our server, with or without the client's initial response.
server_action run(mechanism_row const& row, client_credentials credentials, bool use_initial_response) {
  auto const server = row.make_server({});
  auto const client = row.make_client(std::move(credentials));
  auto const first = client->start();
  EXPECT_TRUE(first.has_value());
  auto action = use_initial_response && *first ? server->start((*first)->reveal()) : server->start(std::nullopt);
  while (auto const* const prompt = std::get_if<challenge>(&action)) {
    auto const response = client->step(prompt->data);
    EXPECT_TRUE(response.has_value());
    action = server->step(response->reveal());
  }
  return action;
}

TEST(client_mechanism, logs_in_to_our_server) {
  for (std::string_view const name : {"PLAIN", "LOGIN"}) {
    auto const& row = *find_mechanism(name);
    for (bool const use_initial_response : {false, true}) {
      expect_login(run(row, {"tim", "", secret("pass wörd")}, use_initial_response), "tim", "pass wörd");
    }
  }
}

TEST(client_mechanism, plain_sends_its_authorization_identity) {
  expect_login(run(*find_mechanism("PLAIN"), {"Kurt", "Ursel", secret("xipj3plmq")}, true), "Kurt", "xipj3plmq",
               "Ursel");
}

TEST(client_mechanism, stops_when_the_server_asks_for_more) {
  auto const login = make_login_client({"tim", "", secret("x")});
  EXPECT_TRUE(login->start().has_value());
  EXPECT_TRUE(login->step("Username:"));
  EXPECT_TRUE(login->step("Password:"));
  EXPECT_FALSE(login->step("PIN:"));
  EXPECT_FALSE(make_plain_client({"tim", "", secret("x")})->step("Username:"));
}

}  // namespace
}  // namespace postern::sasl
