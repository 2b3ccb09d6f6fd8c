#include "sasl/scram.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "sasl/test_exchange.hpp"

namespace postern::sasl {
namespace {

using crypto::hash_algorithm;
using testing::always;
using testing::run_exchange;
using testing::test_account;
using testing::test_credentials;
using testing::test_parameters;

struct vector_row {
  std::string_view name;
  hash_algorithm hash;
  std::string_view client_nonce;
  std::string_view server_nonce;
  std::string_view salt;
  std::string_view proof;
  std::string_view signature;
};
constexpr vector_row vectors[] = {
    {"RFC 5802 section 5", hash_algorithm::sha1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92",
     "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {"RFC 7677 section 3", hash_algorithm::sha256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "W22ZaJ0SNY7soEsUEjb6gQ==", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {"as RFC 7677, SHA-512", hash_algorithm::sha512, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "W22ZaJ0SNY7soEsUEjb6gQ==",
     "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
     "ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="},
};

scram_verifier keys_of(hash_algorithm hash, std::string_view password, std::string_view salt = "salt") {
  return make_scram_verifier(hash, secret(password), salt, scram_iterations_min);
}

TEST(scram, agrees_with_the_vectors_octet_by_octet) {
  for (auto const& [name, hash, client_nonce, server_nonce, salt, proof, signature] : vectors) {
    auto parameters = test_parameters();
    parameters.random = always(std::string(server_nonce));
    auto credentials = test_credentials("user", "pencil");
    credentials.random = always(std::string(client_nonce));
    auto const server = make_scram_server(hash, false, parameters);
    auto const client = make_scram_client(hash, false, credentials);
    auto const nonce = std::string(client_nonce) + std::string(server_nonce);

    auto const first = client->start().value().value();
    EXPECT_EQ(first.reveal(), "n,,n=user,r=" + std::string(client_nonce)) << name;
    auto const asked = std::get<fetch_scram_keys>(server->start(first.reveal()));
    EXPECT_EQ(asked.user, "user");
    EXPECT_EQ(asked.hash, hash);
    scram_verifier const keys[] = {keys_of(hash, "pencil", decode_base64(salt).value())};
    auto const prompt = std::get<challenge>(server->on_scram_keys(keys));
    EXPECT_EQ(prompt.data, "r=" + nonce + ",s=" + std::string(salt) + ",i=4096") << name;
    auto const final = client->step(prompt.data).value();
    EXPECT_EQ(final.reveal(), "c=biws,r=" + nonce + ",p=" + std::string(proof)) << name;
    auto const good = std::get<authenticated>(server->step(final.reveal()));
    EXPECT_EQ(good.user, "user");
    EXPECT_EQ(good.final_data, "v=" + std::string(signature)) << name;
    EXPECT_EQ(client->step(*good.final_data).value().reveal(), "") << name;
    EXPECT_TRUE(client->on_success()) << name;
  }
}

reject_reason reason_of(server_action const& action) {
  auto const* const no = std::get_if<rejected>(&action);
  EXPECT_NE(no, nullptr);
  return no ? no->reason : reject_reason::failed;
}

TEST(scram, takes_the_ways_of_every_protocol) {
  for (bool const initial : {false, true}) {
    for (bool const data_with_success : {false, true}) {
      auto const server = make_scram_server(hash_algorithm::sha256, false, test_parameters());
      auto const client = make_scram_client(hash_algorithm::sha256, false, test_credentials("tim", "secret", "boss"));
      test_account const account{.keys = {keys_of(hash_algorithm::sha256, "secret")}};
      auto const end = run_exchange(*server, *client, account, initial, data_with_success);
      ASSERT_TRUE(end.client) << end.client.error().text;
      EXPECT_EQ(std::get<authenticated>(end.server).user, "tim");
      EXPECT_EQ(std::get<authenticated>(end.server).authzid, "boss");
    }
  }
}

TEST(scram, tells_which_of_the_keys_matched) {
  test_account const account{.keys = {keys_of(hash_algorithm::sha256, "first"),
                                      keys_of(hash_algorithm::sha256, "second"),
                                      keys_of(hash_algorithm::sha256, "third")}};
  for (auto const& [password, index] : {std::pair("first", 0U), {"second", 1U}, {"third", 2U}}) {
    auto const server = make_scram_server(hash_algorithm::sha256, false, test_parameters());
    auto const client = make_scram_client(hash_algorithm::sha256, false, test_credentials("tim", password));
    auto const end = run_exchange(*server, *client, account);
    EXPECT_TRUE(end.client) << password;
    EXPECT_EQ(std::get<authenticated>(end.server).key_index, index);
  }
}

TEST(scram, a_wrong_password_is_one) {
  auto const server = make_scram_server(hash_algorithm::sha1, false, test_parameters());
  auto const client = make_scram_client(hash_algorithm::sha1, false, test_credentials("tim", "wrong"));
  auto const end = run_exchange(*server, *client, {.keys = {keys_of(hash_algorithm::sha1, "secret")}});
  EXPECT_EQ(reason_of(end.server), reject_reason::wrong_password);
  EXPECT_EQ(std::get<rejected>(end.server).user, "tim");
}

TEST(scram, prepares_names_and_passwords) {
  auto const server = make_scram_server(hash_algorithm::sha256, false, test_parameters());
  auto const client =
      make_scram_client(hash_algorithm::sha256, false, test_credentials("\xe2\x85\xa8,=", "pa\xcc\x88ss"));
  auto const end = run_exchange(*server, *client, {.keys = {keys_of(hash_algorithm::sha256, "p\xc3\xa4ss")}});
  ASSERT_TRUE(end.client) << end.client.error().text;
  EXPECT_EQ(std::get<authenticated>(end.server).user, "IX,=");
}

// ---- channel binding

struct binding_row {
  std::string_view name;
  bool plus;                // the mechanism
  bool plus_offered;        // by the server
  bool client_sees_plus;    // false: somebody took it out
  std::string_view client;  // what the client's channel is
  std::optional<reject_reason> refused;
};
constexpr binding_row bindings[] = {
    {"bound to the same channel", true, true, true, "channel", std::nullopt},
    {"somebody in between", true, true, true, "another", reject_reason::wrong_binding},
    {"client cannot bind", false, true, true, "", std::nullopt},
    {"client could bind, server does not offer it", false, false, false, "channel", std::nullopt},
    {"-PLUS was hidden from the client", false, true, false, "channel", reject_reason::downgrade},
};

TEST(scram_plus, binds_and_sees_downgrades) {
  for (auto const& [name, plus, plus_offered, client_sees_plus, channel, refused] : bindings) {
    auto parameters = test_parameters();
    parameters.plus_offered = plus_offered;
    parameters.bindings = {{"tls-server-end-point", "certificate"}, {"tls-exporter", "channel"}};
    auto credentials = test_credentials("tim", "secret");
    credentials.plus_offered = client_sees_plus;
    if (!channel.empty()) credentials.bindings = {{"tls-exporter", std::string(channel)}};
    auto const server = make_scram_server(hash_algorithm::sha256, plus, parameters);
    auto const client = make_scram_client(hash_algorithm::sha256, plus, credentials);
    auto const end = run_exchange(*server, *client, {.keys = {keys_of(hash_algorithm::sha256, "secret")}});
    EXPECT_EQ(end.client.has_value(), !refused) << name;
    if (refused) {
      EXPECT_EQ(reason_of(end.server), *refused) << name;
    }
  }
}

TEST(scram_plus, the_flag_must_fit_the_mechanism) {
  auto parameters = test_parameters();
  parameters.bindings = {{"tls-exporter", "channel"}};
  auto const start = [&](bool plus, std::string_view text) {
    return make_scram_server(hash_algorithm::sha256, plus, parameters)->start(text);
  };
  EXPECT_EQ(reason_of(start(false, "p=tls-exporter,,n=tim,r=x")), reject_reason::wrong_binding);
  EXPECT_EQ(reason_of(start(true, "n,,n=tim,r=x")), reject_reason::wrong_binding);
  EXPECT_EQ(reason_of(start(true, "y,,n=tim,r=x")), reject_reason::wrong_binding);
  EXPECT_EQ(reason_of(start(true, "p=tls-unique,,n=tim,r=x")), reject_reason::wrong_binding);
  EXPECT_TRUE(std::holds_alternative<fetch_scram_keys>(start(true, "p=tls-exporter,,n=tim,r=x")));
}

TEST(scram_plus, the_client_needs_a_channel) {
  EXPECT_FALSE(make_scram_client(hash_algorithm::sha256, true, test_credentials("tim", "secret"))->start());
}

// ---- what a client may send

/// A server that has sent its challenge; the response that fits is "c=biws,r=client-nonceserver-nonce,p=…".
std::unique_ptr<server_mechanism> challenged() {
  auto server = make_scram_server(hash_algorithm::sha1, false, test_parameters());
  server->start("n,,n=tim,r=client-nonce");
  scram_verifier const keys[] = {keys_of(hash_algorithm::sha1, "secret")};
  server->on_scram_keys(keys);
  return server;
}

struct response_row {
  std::string_view name;
  std::string_view text;
  reject_reason reason;
};
constexpr response_row responses[] = {
    {"another nonce", "c=biws,r=client-nonce,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", reject_reason::replayed},
    {"nonce goes on", "c=biws,r=client-nonceserver-noncex,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", reject_reason::replayed},
    {"another GS2 header",
     "c=eSws,r=client-nonceserver-nonce,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", reject_reason::wrong_binding},
    {"short proof", "c=biws,r=client-nonceserver-nonce,p=AAAA", reject_reason::malformed},
    {"long proof", "c=biws,r=client-nonceserver-nonce,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", reject_reason::malformed},
    {"wrong proof", "c=biws,r=client-nonceserver-nonce,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", reject_reason::wrong_password},
    {"no proof", "c=biws,r=client-nonceserver-nonce", reject_reason::malformed},
    {"nothing", "", reject_reason::malformed},
};

TEST(scram_server, refuses_responses_that_do_not_fit) {
  for (auto const& [name, text, reason] : responses) EXPECT_EQ(reason_of(challenged()->step(text)), reason) << name;
}

TEST(scram_server, a_response_cut_anywhere_is_refused) {
  auto const client = make_scram_client(hash_algorithm::sha1, false, test_credentials("tim", "secret"));
  EXPECT_TRUE(client->start());
  auto const response = client->step("r=client-nonceserver-nonce,s=c2FsdA==,i=4096").value();
  ASSERT_TRUE(std::holds_alternative<authenticated>(challenged()->step(response.reveal())));
  for (std::size_t cut = 0; cut < response.size(); ++cut) {
    EXPECT_TRUE(std::holds_alternative<rejected>(challenged()->step(response.reveal().substr(0, cut)))) << cut;
  }
}

TEST(scram_server, keeps_its_limits) {
  auto parameters = test_parameters();
  parameters.limits.user_max = 3;
  parameters.limits.nonce_max = 4;
  auto const start = [&](std::string_view text) {
    return make_scram_server(hash_algorithm::sha1, false, parameters)->start(text);
  };
  EXPECT_TRUE(std::holds_alternative<fetch_scram_keys>(start("n,a=abc,n=abc,r=abcd")));
  EXPECT_EQ(reason_of(start("n,,n=abcd,r=abcd")), reject_reason::malformed);
  EXPECT_EQ(reason_of(start("n,a=abcd,n=abc,r=abcd")), reject_reason::malformed);
  EXPECT_EQ(reason_of(start("n,,n=abc,r=abcde")), reject_reason::malformed);
  EXPECT_EQ(reason_of(start("n,,n=\xc2\xad,r=abcd")), reject_reason::malformed);
  EXPECT_EQ(reason_of(start("")), reject_reason::malformed);
}

// ---- what a server may send

TEST(scram_client, refuses_servers_that_do_not_fit) {
  for (std::string_view const text :
       {"r=client-nonce,s=c2FsdA==,i=4096", "r=client-noncX1,s=c2FsdA==,i=4096", "r=client-nonce1,s=c2FsdA==,i=4095",
        "r=client-nonce1,s=c2FsdA==,i=600001", "r=client-nonce1,s=c2FsdA==", "e=other-error"}) {
    auto const client = make_scram_client(hash_algorithm::sha1, false, test_credentials("tim", "secret"));
    EXPECT_TRUE(client->start());
    EXPECT_FALSE(client->step(text)) << text;
  }
}

TEST(scram_client, sends_the_first_message_again_once) {
  auto const client = make_scram_client(hash_algorithm::sha1, false, test_credentials("tim", "secret"));
  auto const first = client->start().value().value();
  EXPECT_EQ(client->step("").value().reveal(), first.reveal());
  EXPECT_FALSE(client->step(""));
}

TEST(scram_client, wants_proof_of_the_server) {
  auto const ready = [] {
    auto client = make_scram_client(hash_algorithm::sha1, false, test_credentials("tim", "secret"));
    EXPECT_TRUE(client->start());
    EXPECT_TRUE(client->step("r=client-nonce1,s=c2FsdA==,i=4096"));
    return client;
  };
  EXPECT_FALSE(ready()->on_success());
  EXPECT_FALSE(ready()->on_success("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  EXPECT_FALSE(ready()->step("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  EXPECT_FALSE(ready()->step("e=invalid-proof"));
  EXPECT_FALSE(ready()->step(""));
  EXPECT_FALSE(make_scram_client(hash_algorithm::sha1, false, test_credentials("tim", "secret"))->on_success("v="));
}

}  // namespace
}  // namespace postern::sasl
