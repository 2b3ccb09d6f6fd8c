#include <gtest/gtest.h>

#include "sasl/anonymous.hpp"
#include "sasl/external.hpp"
#include "sasl/test_exchange.hpp"

// EXTERNAL and ANONYMOUS: one optional line from the client, no secret.
namespace postern::sasl {
namespace {

using namespace std::string_view_literals;

server_parameters with_certificate(std::string identity) {
  auto parameters = testing::test_parameters();
  parameters.certificate_identity = std::move(identity);
  return parameters;
}

void expect_rejected(server_action const& action, reject_reason reason, std::string_view name) {
  auto const* const no = std::get_if<rejected>(&action);
  ASSERT_NE(no, nullptr) << name;
  EXPECT_EQ(no->reason, reason) << name;
}

TEST(external, is_whom_the_certificate_names) {
  for (std::string_view const authzid : {"", "tim", "sales@example.org", "j\xc3\xb6rg"}) {
    auto const action = make_external_server(with_certificate("joe"))->start(authzid);
    auto const* const good = std::get_if<authenticated>(&action);
    ASSERT_NE(good, nullptr) << authzid;
    EXPECT_EQ(good->user, "joe");
    EXPECT_EQ(good->authzid, authzid);
    EXPECT_FALSE(good->anonymous);
  }
}

TEST(external, without_a_certificate_nobody_is_anybody) {
  auto const action = make_external_server(with_certificate(""))->start("joe");
  expect_rejected(action, reject_reason::no_certificate, "no certificate");
  EXPECT_EQ(std::get<rejected>(action).user, "joe");
}

TEST(external, refuses_what_is_no_name) {
  struct {
    std::string_view name;
    std::string response;
  } const rows[] = {{"NUL", std::string("a\0b", 3)}, {"Latin-1", "j\xf6rg"}, {"too long", std::string(1025, 'x')}};
  for (auto const& [name, response] : rows) {
    expect_rejected(make_external_server(with_certificate("joe"))->start(response), reject_reason::malformed, name);
  }
}

TEST(external, our_client_logs_in_with_and_without_initial_response) {
  for (bool const initial : {false, true}) {
    auto const server = make_external_server(with_certificate("joe"));
    auto const client = make_external_client(testing::test_credentials("", "", "tim"));
    auto const end = testing::run_exchange(*server, *client, {}, initial);
    ASSERT_TRUE(std::holds_alternative<authenticated>(end.server));
    EXPECT_EQ(std::get<authenticated>(end.server).authzid, "tim");
    EXPECT_TRUE(end.client);
  }
}

TEST(anonymous, keeps_the_trace) {
  for (bool const initial : {false, true}) {
    auto const server = make_anonymous_server(testing::test_parameters());
    auto const client = make_anonymous_client(testing::test_credentials("sirhc", ""));
    auto const end = testing::run_exchange(*server, *client, {}, initial);
    ASSERT_TRUE(std::holds_alternative<authenticated>(end.server));
    EXPECT_EQ(std::get<authenticated>(end.server).user, "sirhc");
    EXPECT_TRUE(std::get<authenticated>(end.server).anonymous);
  }
}

TEST(anonymous, refuses_what_would_spoil_a_log) {
  struct {
    std::string_view name;
    std::string response;
  } const rows[] = {{"NUL", std::string("a\0b", 3)},
                    {"line end", "a\r\nb"},
                    {"not UTF-8", "\xff"},
                    {"too long", std::string(1021, 'x')}};
  for (auto const& [name, response] : rows) {
    auto const server = make_anonymous_server(testing::test_parameters());
    expect_rejected(server->start(response), reject_reason::malformed, name);
  }
}

TEST(external_and_anonymous, clients_stop_when_the_server_asks_for_more) {
  EXPECT_FALSE(make_external_client(testing::test_credentials("", ""))->step("who?"));
  EXPECT_FALSE(make_anonymous_client(testing::test_credentials("", ""))->step("who?"));
}

}  // namespace
}  // namespace postern::sasl
