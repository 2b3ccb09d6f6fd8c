#include "sasl/cram_md5.hpp"

#include <gtest/gtest.h>

#include "crypto/md5.hpp"
#include "sasl/test_exchange.hpp"

namespace postern::sasl {
namespace {

using testing::always;
using testing::run_exchange;
using testing::test_credentials;
using testing::test_parameters;

shared_secret plaintext(std::string_view password) {
  return {.as = shared_secret::form::plaintext, .value = secret(password)};
}

TEST(cram_md5, agrees_with_rfc_2195) {
  auto const client = make_cram_md5_client(test_credentials("tim", "tanstaaftanstaaf"));
  EXPECT_FALSE(client->start().value());
  EXPECT_EQ(client->step("<1896.697170952@postoffice.reston.mci.net>").value().reveal(),
            "tim b913a602c7eda7a495b4e6e7334d3890");
  auto const joe = make_cram_md5_client(test_credentials("joe", "tanstaaftanstaaf"));
  EXPECT_EQ(joe->step("<1896.697170952@postoffice.example.net>").value().reveal(),
            "joe 3dbc88f0624776a737b39093f6eb6427");
}

TEST(cram_md5, the_server_makes_the_challenge_of_rfc_2195_and_takes_its_answer) {
  auto parameters = test_parameters();
  parameters.host = "postoffice.reston.mci.net";
  parameters.random = always("\x07\x68");  // 1896
  parameters.now = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(697170952)); };
  for (auto const& stored :
       {plaintext("tanstaaftanstaaf"),
        shared_secret{.as = shared_secret::form::cram_md5,
                      .value = crypto::format_hmac_md5_key(crypto::make_hmac_md5_key("tanstaaftanstaaf"))}}) {
    auto const server = make_cram_md5_server(parameters);
    EXPECT_EQ(std::get<challenge>(server->start(std::nullopt)).data, "<1896.697170952@postoffice.reston.mci.net>");
    auto const asked = std::get<fetch_shared_secret>(server->step("tim B913A602C7EDA7A495B4E6E7334D3890"));
    EXPECT_EQ(asked.user, "tim");
    EXPECT_EQ(std::get<authenticated>(server->on_shared_secret(&stored)).user, "tim");
  }
}

struct exchange_row {
  std::string_view name;
  std::string_view user;
  std::string_view sent_password;
  std::optional<std::string_view> stored_password;
  std::optional<reject_reason> refused;
};
constexpr exchange_row exchanges[] = {
    {"right", "tim", "secret", "secret", std::nullopt},
    {"a name with blanks", "tim the first", "secret", "secret", std::nullopt},
    {"UTF-8", "j\xc3\xb6rg", "p\xc3\xa4ss", "p\xc3\xa4ss", std::nullopt},
    {"a client of Latin-1", "j\xf6rg", "p\xe4ss", "p\xc3\xa4ss", std::nullopt},
    {"wrong", "tim", "Secret", "secret", reject_reason::wrong_password},
    {"unknown", "tim", "secret", std::nullopt, reject_reason::unknown_user},
};

TEST(cram_md5, exchanges) {
  for (auto const& [name, user, sent, stored, refused] : exchanges) {
    auto const server = make_cram_md5_server(test_parameters());
    auto const client = make_cram_md5_client(test_credentials(std::string(user), sent));
    testing::test_account account;
    if (stored) account.stored = plaintext(*stored);
    auto const end = run_exchange(*server, *client, account);
    EXPECT_EQ(end.client.has_value(), !refused) << name;
    if (refused) {
      EXPECT_EQ(std::get<rejected>(end.server).reason, *refused) << name;
    } else {
      EXPECT_EQ(std::get<authenticated>(end.server).user, user.starts_with('j') ? "j\xc3\xb6rg" : user) << name;
    }
  }
}

TEST(cram_md5, refuses_responses_that_do_not_fit) {
  for (std::string_view const text :
       {"", " ", "tim", "tim ", " b913a602c7eda7a495b4e6e7334d3890", "tim b913a602c7eda7a495b4e6e7334d389",
        "tim b913a602c7eda7a495b4e6e7334d38900", "tim b913a602c7eda7a495b4e6e7334d389g",
        "tim b913a602c7eda7a495b4e6e7334d3890 "}) {
    auto const server = make_cram_md5_server(test_parameters());
    server->start(std::nullopt);
    EXPECT_TRUE(std::holds_alternative<rejected>(server->step(text))) << text;
  }
  EXPECT_TRUE(std::holds_alternative<rejected>(make_cram_md5_server(test_parameters())->start("tim x")));
}

TEST(cram_md5, a_secret_of_another_mechanism_or_a_damaged_one_is_none) {
  for (auto const& stored :
       {shared_secret{.as = shared_secret::form::digest_md5, .value = secret(std::string(32, '0'))},
        shared_secret{.as = shared_secret::form::cram_md5, .value = secret("zz")}}) {
    auto const server = make_cram_md5_server(test_parameters());
    server->start(std::nullopt);
    server->step("tim b913a602c7eda7a495b4e6e7334d3890");
    EXPECT_EQ(std::get<rejected>(server->on_shared_secret(&stored)).reason, reject_reason::unknown_user);
  }
}

TEST(cram_md5, the_client_answers_one_challenge) {
  auto const client = make_cram_md5_client(test_credentials("tim", "secret"));
  EXPECT_FALSE(client->step(""));
  EXPECT_TRUE(client->step("<1>"));
  EXPECT_FALSE(client->step("<2>"));
}

}  // namespace
}  // namespace postern::sasl
