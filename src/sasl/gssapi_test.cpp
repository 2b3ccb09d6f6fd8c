#include "sasl/gssapi.hpp"

#include <gtest/gtest.h>

#include "sasl/test_exchange.hpp"

// The mechanism over a context that believes "ticket"; auth/gss_acceptor_test.cpp has a real one.
namespace postern::sasl {
namespace {

using namespace std::string_view_literals;

class false_context final : public gss_context {
 public:
  explicit false_context(std::string last_token) : last_token_(std::move(last_token)) {}
  result<accepted> accept(std::string_view token) override {
    if (token == "more") return accepted{"go on", false};
    if (token != "ticket") return fail("no such ticket");
    return accepted{last_token_, true};
  }
  result<std::string> initiator() override { return "joe@EXAMPLE.ORG"; }
  result<std::string> wrap(std::string_view message) override { return "[" + std::string(message); }
  result<std::string> unwrap(std::string_view message) override {
    if (!message.starts_with('[')) return fail("wrong checksum");
    return std::string(message.substr(1));
  }

 private:
  std::string last_token_;
};

std::unique_ptr<server_mechanism> make_server(std::string const& last_token = "proof") {
  auto parameters = testing::test_parameters();
  parameters.make_gss = [last_token] { return std::make_unique<false_context>(last_token); };
  return make_gssapi_server(parameters);
}

std::string challenge_of(server_action const& action) {
  auto const* const prompt = std::get_if<challenge>(&action);
  return prompt != nullptr ? prompt->data : "no challenge";
}
void expect_rejected(server_action const& action, reject_reason reason, std::string_view name) {
  auto const* const no = std::get_if<rejected>(&action);
  ASSERT_NE(no, nullptr) << name;
  EXPECT_EQ(no->reason, reason) << name;
}

constexpr auto offer = "[\1\0\0\0"sv;
constexpr auto choice = "[\1\0\0\0"sv;

TEST(gssapi, three_legs) {
  for (bool const initial : {false, true}) {
    auto const server = make_server();
    auto action = initial ? server->start("more") : server->start(std::nullopt);
    if (!initial) {
      EXPECT_EQ(challenge_of(action), "");
      action = server->step("more");
    }
    EXPECT_EQ(challenge_of(action), "go on");
    EXPECT_EQ(challenge_of(server->step("ticket")), "proof");
    EXPECT_EQ(challenge_of(server->step("")), offer);
    action = server->step(std::string(choice) + "sales");
    auto const* const good = std::get_if<authenticated>(&action);
    ASSERT_NE(good, nullptr);
    EXPECT_EQ(good->user, "joe@EXAMPLE.ORG");
    EXPECT_EQ(good->authzid, "sales");
  }
}

TEST(gssapi, a_context_without_a_last_token_is_followed_by_the_offer_at_once) {
  auto const server = make_server("");
  EXPECT_EQ(challenge_of(server->start("ticket")), offer);
  EXPECT_TRUE(std::holds_alternative<authenticated>(server->step(choice)));
}

TEST(gssapi, refuses_wrong_choices) {
  struct {
    std::string_view name;
    std::string response;
    reject_reason reason;
  } const rows[] = {
      {"not wrapped", "\1", reject_reason::failed},
      {"cut", std::string("[\1\0\0", 4), reject_reason::malformed},
      {"integrity layer", std::string("[\2\0\0\0", 5), reject_reason::failed},
      {"no layer at all", std::string("[\0\0\0\0", 5), reject_reason::failed},
      {"NUL in the identity", std::string("[\1\0\0\0a\0b", 8), reject_reason::malformed},
      {"not UTF-8", std::string("[\1\0\0\0\xff", 6), reject_reason::malformed},
      {"identity too long", std::string("[\1\0\0\0", 5) + std::string(1025, 'x'), reject_reason::malformed},
  };
  for (auto const& [name, response, reason] : rows) {
    auto const server = make_server("");
    server->start("ticket");
    expect_rejected(server->step(response), reason, name);
  }
}

TEST(gssapi, refuses_wrong_tokens) {
  expect_rejected(make_server()->start("forged"), reject_reason::failed, "forged");
  auto const action = make_server()->start("forged");
  EXPECT_EQ(std::get<rejected>(action).detail, "no such ticket");
  auto const empty = make_server();
  empty->start(std::nullopt);
  expect_rejected(empty->step(""), reject_reason::malformed, "empty");
  auto const late = make_server();
  late->start("ticket");
  expect_rejected(late->step("x"), reject_reason::malformed, "something after the last token");
  auto const endless = make_server();
  endless->start("more");
  for (int i = 0; i < 7; ++i) endless->step("more");
  expect_rejected(endless->step("more"), reject_reason::malformed, "endless");
  expect_rejected(make_gssapi_server(testing::test_parameters())->start("ticket"), reject_reason::failed, "no keytab");
}

// ---- the client's side

/// Says "more", then "ticket", and believes "proof".
class false_initiator final : public gss_initiator {
 public:
  result<initiated> initiate(std::string_view token) override {
    if (token.empty()) return initiated{"more", false};
    if (token == "go on") return initiated{"ticket", false};
    if (token == "proof") return initiated{"", true};
    return fail("no such server");
  }
  result<std::string> wrap(std::string_view message) override { return "[" + std::string(message); }
  result<std::string> unwrap(std::string_view message) override {
    if (!message.starts_with('[')) return fail("wrong checksum");
    return std::string(message.substr(1));
  }
};

std::unique_ptr<client_mechanism> make_client() {
  auto credentials = testing::test_credentials("", "", "sales");
  credentials.make_gss = [] { return std::make_unique<false_initiator>(); };
  return make_gssapi_client(std::move(credentials));
}

TEST(gssapi_client, goes_all_the_way_with_the_server) {
  for (bool const initial : {true, false}) {
    auto const server = make_server();
    auto const client = make_client();
    auto const end = testing::run_exchange(*server, *client, {}, initial);
    auto const* const in = std::get_if<authenticated>(&end.server);
    ASSERT_NE(in, nullptr) << initial;
    EXPECT_EQ(in->authzid, "sales");
    EXPECT_TRUE(end.client);
  }
}

TEST(gssapi_client, wants_a_server_that_proves_itself_and_offers_no_layer) {
  struct {
    std::string_view name;
    std::vector<std::string> challenges;
  } const rows[] = {
      {"a false token", {"forged"}},
      {"not wrapped", {"go on", "proof", "\1"}},
      {"an offer that is cut", {"go on", "proof", std::string("[\1\0\0", 4)}},
      {"an offer that is too long", {"go on", "proof", std::string("[\1\0\0\0\0", 6)}},
      {"layers only", {"go on", "proof", std::string("[\6\0\0\0", 5)}},
      {"more after the end", {"go on", "proof", std::string(offer), ""}},
      {"endless", {"go on", "go on", "go on", "go on", "go on", "go on", "go on", "go on"}},
  };
  for (auto const& [name, challenges] : rows) {
    auto const client = make_client();
    ASSERT_TRUE(client->start()) << name;
    for (auto const& challenge : challenges) {
      bool const last = &challenge == &challenges.back();
      EXPECT_EQ(client->step(challenge).has_value(), !last) << name;
    }
  }
  auto const early = make_client();
  ASSERT_TRUE(early->start());
  EXPECT_FALSE(early->on_success());
  EXPECT_FALSE(make_gssapi_client(testing::test_credentials("", ""))->start());
}

}  // namespace
}  // namespace postern::sasl
