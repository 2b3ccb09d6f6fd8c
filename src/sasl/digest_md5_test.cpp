#include "sasl/digest_md5.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "sasl/digest_message.hpp"
#include "sasl/test_exchange.hpp"

namespace postern::sasl {
namespace {

using testing::always;
using testing::run_exchange;
using testing::test_account;
using testing::test_credentials;
using testing::test_parameters;

shared_secret plaintext(std::string_view password) {
  return {.as = shared_secret::form::plaintext, .value = secret(password)};
}

// ---- RFC 2831 section 4

struct vector_row {
  std::string_view service;
  std::string_view nonce;
  std::string_view cnonce;
  std::string_view response;
  std::string_view rspauth;
};
constexpr vector_row vectors[] = {
    {"imap", "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk", "d388dad90d4bbd760a152321f2143af7",
     "ea40f60335c427b5527b84dbabcdfffd"},
    {"acap", "OA9BSXrbuRhWay", "OA9BSuZWMSpW8m", "6084c6db3fede7352c551284490fd0fc",
     "2f0b3d7c3c2e486600ef710726aa2eae"},
};

TEST(digest_md5, agrees_with_the_examples_of_rfc_2831) {
  EXPECT_EQ(encode_hex(make_digest_secret("chris", "elwood.innosoft.com", "secret").reveal()),
            "eb5a750053e4d2c34aa84bbc9b0b6ee7");
  shared_secret const prepared{.as = shared_secret::form::digest_md5,
                               .value = secret("eb5a750053e4d2c34aa84bbc9b0b6ee7"),
                               .realm = "elwood.innosoft.com"};
  for (auto const& [service, nonce, cnonce, response, rspauth] : vectors) {
    for (auto const& stored : {plaintext("secret"), prepared}) {
      auto parameters = test_parameters();
      parameters.realms = {"elwood.innosoft.com"};
      parameters.random = always(std::string(nonce));
      auto credentials = test_credentials("chris", "secret");
      credentials.service = service;
      credentials.host = "elwood.innosoft.com";
      credentials.random = always(std::string(cnonce));
      auto const server = make_digest_md5_server(parameters);
      auto const client = make_digest_md5_client(credentials);
      auto const prompt = std::get<challenge>(server->start(std::nullopt));
      EXPECT_EQ(prompt.data, "nonce=\"" + std::string(nonce) +
                                 "\",realm=\"elwood.innosoft.com\",qop=\"auth\",charset=utf-8,algorithm=md5-sess");
      auto const answer = client->step(prompt.data).value();
      EXPECT_EQ(parse_digest_response(answer.reveal()).value().response, response);
      auto const asked = std::get<fetch_shared_secret>(server->step(answer.reveal()));
      EXPECT_EQ(asked.user, "chris");
      EXPECT_EQ(asked.realm, "elwood.innosoft.com");
      auto const good = std::get<authenticated>(server->on_shared_secret(&stored));
      EXPECT_EQ(good.final_data, "rspauth=" + std::string(rspauth));
      EXPECT_EQ(client->step(*good.final_data).value().reveal(), "");
      EXPECT_TRUE(client->on_success());
    }
  }
}

TEST(digest_md5, the_secret_is_what_dovecot_stores) {
  // {DIGEST-MD5} of "test" for user "testuser1" without realm, from Dovecot's own tests.
  EXPECT_EQ(encode_hex(make_digest_secret("testuser1", "", "test").reveal()), "77c1a8c437c9b08ba2f460fe5d58db5d");
}

// ---- exchanges of our own client and server

struct exchange_row {
  std::string_view name;
  std::string_view user;
  std::string_view sent_password;
  std::optional<std::string_view> stored_password;
  std::optional<reject_reason> refused;
};
constexpr exchange_row exchanges[] = {
    {"right", "tim", "secret", "secret", std::nullopt},
    {"quotes and backslashes", "ti\"m\\", "secret", "secret", std::nullopt},
    {"UTF-8, hashed in Latin-1", "j\xc3\xb6rg", "p\xc3\xa4ss", "p\xc3\xa4ss", std::nullopt},
    {"no Latin-1", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd", "\xe2\x82\xac", "\xe2\x82\xac", std::nullopt},
    {"name in Latin-1, password not", "j\xc3\xb6rg", "\xe2\x82\xac", "\xe2\x82\xac", std::nullopt},
    {"wrong", "tim", "Secret", "secret", reject_reason::wrong_password},
    {"unknown", "tim", "secret", std::nullopt, reject_reason::unknown_user},
};

TEST(digest_md5, exchanges) {
  for (auto const& [name, user, sent, stored, refused] : exchanges) {
    for (bool const data_with_success : {false, true}) {
      for (auto const& realms : {std::vector<std::string>{}, {"mail.example"}, {"one", "two"}}) {
        auto parameters = test_parameters();
        parameters.realms = realms;
        auto const server = make_digest_md5_server(parameters);
        auto const client = make_digest_md5_client(test_credentials(std::string(user), sent, "boss"));
        test_account account;
        if (stored) account.stored = plaintext(*stored);
        auto const end = run_exchange(*server, *client, account, true, data_with_success);
        EXPECT_EQ(end.client.has_value(), !refused) << name;
        if (refused) {
          EXPECT_EQ(std::get<rejected>(end.server).reason, *refused) << name;
        } else {
          EXPECT_EQ(std::get<authenticated>(end.server).user, user) << name;
          EXPECT_EQ(std::get<authenticated>(end.server).authzid, "boss") << name;
        }
      }
    }
  }
}

TEST(digest_md5, the_client_takes_the_realm_of_its_name) {
  auto const realm_for = [](std::string_view user) {
    auto const client = make_digest_md5_client(test_credentials(std::string(user), "secret"));
    auto const answer = client->step(R"(realm="a.example",realm="b.example",nonce="x",algorithm=md5-sess)");
    return parse_digest_response(answer.value().reveal()).value().realm;
  };
  EXPECT_EQ(realm_for("tim"), "a.example");
  EXPECT_EQ(realm_for("tim@B.example"), "b.example");
  EXPECT_EQ(realm_for("tim@c.example"), "a.example");
}

// ---- what a client may send

digest_response good_response() {
  digest_response response{.user = "tim",
                           .realm = "mail.example",
                           .nonce = "server-nonce",
                           .cnonce = "client-nonce",
                           .uri = "smtp/mail.example",
                           .utf8 = true};
  response.response = digest_client_value(make_digest_secret("tim", "mail.example", "secret"), response);
  return response;
}

server_action respond(std::string_view text, std::chrono::seconds after = {}) {
  auto now = std::make_shared<std::chrono::system_clock::time_point>();
  auto parameters = test_parameters();
  parameters.realms = {"mail.example"};
  parameters.now = [now] { return *now; };
  auto const server = make_digest_md5_server(parameters);
  server->start(std::nullopt);
  *now += after;
  auto action = server->step(text);
  auto const stored = plaintext("secret");
  return std::holds_alternative<fetch_shared_secret>(action) ? server->on_shared_secret(&stored) : action;
}

TEST(digest_md5_server, takes_all_spellings_of_names_and_passwords) {
  struct spelling_row {
    std::string_view user, hashed_user, hashed_password;
    bool utf8;
  };
  constexpr std::string_view utf8_name = "j\xc3\xb6rg";
  constexpr std::string_view latin1_name = "j\xf6rg";
  constexpr std::string_view utf8_word = "p\xc3\xa4ss";
  constexpr std::string_view latin1_word = "p\xe4ss";
  for (auto const& row : {spelling_row{utf8_name, utf8_name, utf8_word, true},
                          {utf8_name, latin1_name, latin1_word, true},
                          {utf8_name, latin1_name, utf8_word, true},
                          {latin1_name, latin1_name, latin1_word, false},
                          {latin1_name, latin1_name, latin1_word, true},
                          {latin1_name, utf8_name, utf8_word, false}}) {
    auto response = good_response();
    response.user = row.user;
    response.utf8 = row.utf8;
    response.response =
        digest_client_value(make_digest_secret(row.hashed_user, "mail.example", row.hashed_password), response);
    auto parameters = test_parameters();
    auto const server = make_digest_md5_server(parameters);
    server->start(std::nullopt);
    EXPECT_EQ(std::get<fetch_shared_secret>(server->step(format_digest_response(response).reveal())).user, utf8_name);
    auto const stored = plaintext(utf8_word);
    EXPECT_TRUE(std::holds_alternative<authenticated>(server->on_shared_secret(&stored)));
  }
}

TEST(digest_md5_server, a_nonce_serves_once_and_not_for_ever) {
  secret const text = format_digest_response(good_response());
  EXPECT_TRUE(std::holds_alternative<authenticated>(respond(text.reveal())));
  EXPECT_TRUE(std::holds_alternative<authenticated>(respond(text.reveal(), std::chrono::seconds(180))));
  EXPECT_EQ(std::get<rejected>(respond(text.reveal(), std::chrono::seconds(181))).reason, reject_reason::replayed);
  auto other = good_response();
  other.nonce = "another";
  EXPECT_EQ(std::get<rejected>(respond(format_digest_response(other).reveal())).reason, reject_reason::replayed);
  other = good_response();
  other.nonce_count = "00000002";
  EXPECT_EQ(std::get<rejected>(respond(format_digest_response(other).reveal())).reason, reject_reason::replayed);
}

TEST(digest_md5_server, asks_anew_whoever_goes_on_from_an_earlier_exchange) {
  auto const server = make_digest_md5_server(test_parameters());
  auto const again = std::get<challenge>(server->start(format_digest_response(good_response()).reveal()));
  EXPECT_TRUE(again.data.ends_with(",stale=true")) << again.data;
  EXPECT_TRUE(parse_digest_challenge(again.data));
}

TEST(digest_md5_server, refuses_a_realm_that_was_not_offered) {
  auto other = good_response();
  other.realm = "elsewhere.example";
  EXPECT_EQ(std::get<rejected>(respond(format_digest_response(other).reveal())).reason, reject_reason::malformed);
}

TEST(digest_md5_server, a_response_cut_anywhere_is_refused_or_wants_less) {
  auto response = good_response();
  secret const text = format_digest_response(response);
  auto const enough = text.reveal().rfind(",qop=auth");
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(std::holds_alternative<authenticated>(respond(text.reveal().substr(0, cut))),
              cut == enough || cut == enough + 1)
        << cut;
  }
}

TEST(digest_md5_server, a_secret_of_another_mechanism_or_a_damaged_one_is_none) {
  for (auto const& stored : {shared_secret{.as = shared_secret::form::cram_md5, .value = secret(std::string(64, '0'))},
                             shared_secret{.as = shared_secret::form::digest_md5, .value = secret("zz")}}) {
    auto const server = make_digest_md5_server(test_parameters());
    server->start(std::nullopt);
    server->step(format_digest_response(good_response()).reveal());
    EXPECT_EQ(std::get<rejected>(server->on_shared_secret(&stored)).reason, reject_reason::unknown_user);
  }
}

// ---- the grammar

constexpr std::string_view base_response =
    R"(username="tim",nonce="n",nc=00000001,cnonce="c",digest-uri="smtp/h",response=00112233445566778899aabbccddeeff)";

struct grammar_row {
  std::string_view name;
  std::string_view added;
  bool good;
};
constexpr grammar_row grammar[] = {
    {"nothing more", "", true},
    {"qop", ",qop=auth", true},
    {"quoted qop", ",qop=\"auth\"", true},
    {"empty elements and blanks", ", ,\t,\r\n realm = \"r\" , ", true},
    {"what nobody knows", ",maxbuf=65536,cipher=\"x\",future=\"y\"", true},
    {"what nobody knows, twice", ",future=1,future=2", true},
    {"empty realm", ",realm=\"\"", true},
    {"integrity", ",qop=auth-int", false},
    {"another charset", ",charset=iso-8859-1", false},
    {"user twice", ",username=\"tom\"", false},
    {"realm twice", ",realm=\"r\",realm=\"r\"", false},
    {"nonce twice", ",nonce=\"n\"", false},
    {"open quote", ",realm=\"r", false},
    {"backslash at the end", ",realm=\"r\\", false},
    {"control in quotes", ",realm=\"\x01\"", false},
    {"no value", ",realm=", false},
    {"no name", ",=x", false},
    {"no equals sign", ",realm", false},
    {"text behind a quote", ",realm=\"r\"x", false},
};

TEST(digest_response, grammar) {
  for (auto const& [name, added, good] : grammar) {
    EXPECT_EQ(parse_digest_response(std::string(base_response) + std::string(added)).has_value(), good) << name;
  }
}

TEST(digest_response, every_directive_is_needed_and_checked) {
  auto const with = [](std::string_view from, std::string_view to) {
    std::string text(base_response);
    text.replace(text.find(from), from.size(), to);
    return parse_digest_response(text).has_value();
  };
  EXPECT_TRUE(with("digest-uri=\"smtp/h\"", "digest-uri=smtp/h/x"));
  EXPECT_TRUE(with("response=0011", "RESPONSE=0011"));
  EXPECT_FALSE(with("username=\"tim\"", "username=\"\""));
  EXPECT_FALSE(with("username=\"tim\",", ""));
  EXPECT_FALSE(with("nonce=\"n\",", ""));
  EXPECT_FALSE(with("cnonce=\"c\",", ""));
  EXPECT_FALSE(with("nc=00000001", "nc=1"));
  EXPECT_FALSE(with("nc=00000001", "nc=0000000g"));
  EXPECT_FALSE(with("smtp/h", "smtp/"));
  EXPECT_FALSE(with("smtp/h", "/h"));
  EXPECT_FALSE(with("smtp/h", "smtp"));
  EXPECT_FALSE(with("response=0011", "response=001"));
  EXPECT_FALSE(parse_digest_response(std::string(base_response) + std::string(digest_response_max, ' ')));
}

TEST(digest_response, comes_back) {
  auto response = good_response();
  response.user = "quo\"te\\";
  response.authzid = "boss";
  auto const parsed = parse_digest_response(format_digest_response(response).reveal());
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->user, response.user);
  EXPECT_EQ(parsed->realm, response.realm);
  EXPECT_EQ(parsed->uri, response.uri);
  EXPECT_EQ(parsed->authzid, response.authzid);
  EXPECT_TRUE(parsed->utf8);
}

TEST(digest_challenge, keeps_its_limit) {
  digest_challenge const many{std::vector<std::string>(300, "realm.example"), "nonce", true};
  auto const text = format_digest_challenge(many);
  EXPECT_LT(text.size(), digest_challenge_max);
  EXPECT_GT(parse_digest_challenge(text).value().realms.size(), 50U);
}

// ---- what a server may send

TEST(digest_md5_client, refuses_servers_that_do_not_fit) {
  for (std::string_view const text :
       {"", "nonce=\"x\"", "algorithm=md5-sess", "nonce=\"x\",algorithm=md5",
        "nonce=\"x\",nonce=\"y\",algorithm=md5-sess", "nonce=\"x\",algorithm=md5-sess,qop=\"auth-int,auth-conf\"",
        "nonce=x,algorithm"}) {
    EXPECT_FALSE(make_digest_md5_client(test_credentials("tim", "secret"))->step(text)) << text;
  }
  auto nameless = test_credentials("tim", "secret");
  nameless.host.clear();
  EXPECT_FALSE(make_digest_md5_client(nameless)->step("nonce=\"x\",algorithm=md5-sess"));
  EXPECT_FALSE(make_digest_md5_client(test_credentials("\xe2\x82\xac", "x"))->step("nonce=\"x\",algorithm=md5-sess"));
}

TEST(digest_md5_client, wants_proof_of_the_server) {
  auto const ready = [] {
    auto client = make_digest_md5_client(test_credentials("tim", "secret"));
    EXPECT_TRUE(client->step(R"(nonce="x",qop="auth,auth-int",algorithm=md5-sess)"));
    return client;
  };
  EXPECT_FALSE(ready()->on_success());
  EXPECT_FALSE(ready()->on_success("rspauth=00112233445566778899aabbccddeeff"));
  EXPECT_FALSE(ready()->step("rspauth=00112233445566778899aabbccddeeff"));
  EXPECT_FALSE(ready()->step(""));
}

}  // namespace
}  // namespace postern::sasl
