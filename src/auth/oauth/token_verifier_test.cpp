#include "auth/oauth/token_verifier.hpp"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "auth/oauth/base64url.hpp"
#include "auth/oauth/test_tokens.hpp"
#include "crypto/hash.hpp"

namespace postern::auth::oauth {
namespace {

using testing::signing_key;

time_point const now{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view good_payload =
    R"({"iss":"https://id.example","aud":["postern","other"],"exp":1800000600,"nbf":1799999000,"iat":1799999000,)"
    R"("scope":"mail openid","email":"joe@example.org","sub":"4711"})";

token_policy strict_policy() { return {.issuer = "https://id.example", .audience = {"postern"}, .scopes = {"mail"}}; }

std::shared_ptr<key_source> serve(std::string const& text, int* reads = nullptr) {
  return std::make_shared<key_source>(key_source::options{.read = [text, reads]() -> result<std::string> {
    if (reads != nullptr) ++*reads;
    return text;
  }});
}

token_verifier make_verifier(std::string const& set) {
  return token_verifier({.policy = strict_policy(), .keys = serve(set)});
}

void expect_accepted(token_reply const& reply, std::string_view name) {
  EXPECT_EQ(reply.standing.code, verdict_code::accepted) << name << ": " << reply.standing.detail;
  EXPECT_TRUE(reply.judged.good) << name;
  EXPECT_EQ(reply.judged.user, "joe@example.org") << name;
}

void expect_refused(token_reply const& reply, std::string_view error, std::string_view name) {
  EXPECT_EQ(reply.standing.code, verdict_code::bad_token) << name;
  EXPECT_FALSE(reply.judged.good) << name;
  EXPECT_EQ(reply.judged.error, error) << name << ": " << reply.standing.detail;
  EXPECT_FALSE(reply.standing.detail.empty()) << name;
}

TEST(token_verifier, believes_every_kind_of_signature) {
  for (std::string const algorithm :
       {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}) {
    signing_key const key(algorithm, "k1");
    auto verifier = make_verifier(testing::key_set({&key}));
    auto const token = key.sign(good_payload);
    expect_accepted(verifier.verify(secret(std::string_view(token)), now), algorithm);
    for (std::size_t const at : {token.find('.') + 5, token.rfind('.') + 9}) {
      auto forged = token;
      forged[at] = forged[at] == 'A' ? 'B' : 'A';
      expect_refused(verifier.verify(secret(std::string_view(forged)), now), "invalid_token", algorithm);
    }
  }
}

/// The payload with one member replaced, added or taken away.
std::string with(std::string_view from, std::string_view to) {
  std::string text(good_payload);
  auto const at = text.find(from);
  if (at == std::string::npos) std::abort();
  return text.replace(at, from.size(), to);
}

struct payload_row {
  std::string_view name;
  std::string payload;
  std::string_view error;  // empty: accepted
};

TEST(token_verifier, checks_every_claim) {
  payload_row const rows[] = {
      {"as it is", std::string(good_payload), ""},
      {"aud is a string", with(R"(["postern","other"])", R"("postern")"), ""},
      {"scope is an array", with(R"("mail openid")", R"(["openid","mail"])"), ""},
      {"scp", with(R"("scope":)", R"("scp":)"), ""},
      {"expired within the leeway", with("1800000600", "1799999950"), ""},
      {"exp with a fraction", with("1800000600", "1800000600.5"), ""},
      {"azp does not matter", with(R"("sub")", R"("azp":"somebody","sub")"), ""},
      {"verified address", with(R"("sub")", R"("email_verified":true,"sub")"), ""},
      {"expired", with("1800000600", "1799999940"), "invalid_token"},
      {"no exp", with(R"("exp":1800000600,)", ""), "invalid_token"},
      {"exp is text", with("1800000600", R"("1800000600")"), "invalid_token"},
      {"exp is enormous", with("1800000600", "1e300"), "invalid_token"},
      {"exp is negative", with("1800000600", "-1"), "invalid_token"},
      {"not valid yet", with(R"("nbf":1799999000)", R"("nbf":1800000100)"), "invalid_token"},
      {"issued in the future", with(R"("iat":1799999000)", R"("iat":1800000100)"), "invalid_token"},
      {"another issuer", with("https://id.example", "https://id.example/"), "invalid_token"},
      {"no issuer", with(R"("iss")", R"("isz")"), "invalid_token"},
      {"another audience", with(R"("postern",)", ""), "invalid_token"},
      {"no audience", with(R"("aud")", R"("auz")"), "invalid_token"},
      {"audience is a number", with(R"(["postern","other"])", "7"), "invalid_token"},
      {"no scope", with("mail openid", "openid mailing"), "insufficient_scope"},
      {"no user", with(R"("email")", R"("emajl")"), "invalid_token"},
      {"user is a number", with(R"("joe@example.org")", "7"), "invalid_token"},
      {"user is empty", with("joe@example.org", ""), "invalid_token"},
      {"unverified address", with(R"("sub")", R"("email_verified":false,"sub")"), "invalid_token"},
      {"not an object", "[1]", "invalid_token"},
      {"not JSON", "{", "invalid_token"},
  };
  signing_key const key("ES256", "k1");
  auto const set = testing::key_set({&key});
  for (auto const& [name, payload, error] : rows) {
    auto verifier = make_verifier(set);
    auto const reply = verifier.verify(secret(key.sign(payload)), now);
    if (error.empty()) {
      expect_accepted(reply, name);
    } else {
      expect_refused(reply, error, name);
    }
  }
}

std::string unsigned_token(std::string_view header, std::string_view signature) {
  return encode_base64url(header) + '.' + encode_base64url(good_payload) + '.' + std::string(signature);
}

TEST(token_verifier, is_not_confused_about_algorithms) {
  signing_key const rsa("RS256", "k1");
  signing_key const ec("ES256", "k2");
  auto const set = testing::key_set({&rsa, &ec});
  auto const hmac_text = encode_base64url(R"({"alg":"HS256","kid":"k1"})") + '.' + encode_base64url(good_payload);
  // The classic: HMAC under the text of the public key.
  auto const hmac = crypto::hmac(crypto::hash_algorithm::sha256, rsa.jwk(), hmac_text);
  struct {
    std::string_view name;
    std::string token;
  } const rows[] = {
      {"none, unsigned", unsigned_token(R"({"alg":"none"})", "")},
      {"none, signed", unsigned_token(R"({"alg":"none"})", "AAAA")},
      {"None", unsigned_token(R"({"alg":"None","kid":"k1"})", "AAAA")},
      {"signature stripped", unsigned_token(R"({"alg":"RS256","kid":"k1"})", "")},
      {"HMAC", hmac_text + '.' + encode_base64url(hmac)},
      {"no alg", rsa.sign_with_header(R"({"kid":"k1"})", good_payload)},
      {"alg is an array", rsa.sign_with_header(R"({"alg":["RS256"],"kid":"k1"})", good_payload)},
      {"lower case", rsa.sign_with_header(R"({"alg":"rs256","kid":"k1"})", good_payload)},
      {"a hash that the key is not for", rsa.sign_with_header(R"({"alg":"RS512","kid":"k1"})", good_payload)},
      {"another key's name", rsa.sign_with_header(R"({"alg":"RS256","kid":"k2"})", good_payload)},
      {"a name that nobody has", rsa.sign_with_header(R"({"alg":"RS256","kid":"k3"})", good_payload)},
      {"a type that the key is not", ec.sign_with_header(R"({"alg":"EdDSA","kid":"k2"})", good_payload)},
      {"crit", rsa.sign_with_header(R"({"alg":"RS256","kid":"k1","crit":["exp"]})", good_payload)},
      {"b64", rsa.sign_with_header(R"({"alg":"RS256","kid":"k1","b64":false})", good_payload)},
      {"its own key", ec.sign_with_header(R"({"alg":"ES256","jwk":)" + ec.jwk() + "}", good_payload) + "A"},
      {"two parts", encode_base64url("{}") + '.' + encode_base64url("{}")},
      {"five parts", "a.b.c.d.e"},
      {"padding", unsigned_token(R"({"alg":"RS256"})", "AA==")},
  };
  for (auto const& [name, token] : rows) {
    auto verifier = make_verifier(set);
    expect_refused(verifier.verify(secret(std::string_view(token)), now), "invalid_token", name);
  }
}

TEST(token_verifier, a_key_of_another_provider_signs_nothing) {
  signing_key const ours("ES256", "k1");
  signing_key const theirs("ES256", "k1");
  auto verifier = make_verifier(testing::key_set({&ours}));
  expect_refused(verifier.verify(secret(theirs.sign(good_payload)), now), "invalid_token", "same name");
}

TEST(token_verifier, a_token_without_a_key_name_is_tried_with_all_that_fit) {
  signing_key const first("ES256", "a");
  signing_key const second("ES256", "b");
  signing_key const nameless("EdDSA", "");
  auto verifier = make_verifier(testing::key_set({&first, &second, &nameless}));
  expect_accepted(verifier.verify(secret(second.sign_with_header(R"({"alg":"ES256"})", good_payload)), now), "no kid");
  expect_accepted(verifier.verify(secret(nameless.sign(good_payload)), now), "nameless key");
}

TEST(token_verifier, huge_and_deep_tokens_are_refused) {
  signing_key const key("ES256", "k1");
  auto verifier = make_verifier(testing::key_set({&key}));
  auto const deep = "{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}";
  expect_refused(verifier.verify(secret(key.sign(deep)), now), "invalid_token", "deep payload");
  expect_refused(verifier.verify(secret(key.sign_with_header(deep, good_payload)), now), "invalid_token",
                 "deep header");
  auto const huge = with("joe@", std::string(300U << 10U, 'x'));
  expect_refused(verifier.verify(secret(key.sign(huge)), now), "invalid_token", "huge");
  expect_refused(verifier.verify(secret(std::string(300U << 10U, '.')), now), "invalid_token", "dots");
}

TEST(token_verifier, remembers_a_good_token_until_it_expires) {
  signing_key const key("ES256", "k1");
  auto verifier = make_verifier(testing::key_set({&key}));
  secret const token(key.sign(good_payload));
  EXPECT_FALSE(verifier.verify(token, now).standing.cached);
  EXPECT_TRUE(verifier.verify(token, now + std::chrono::seconds(299)).standing.cached);
  EXPECT_FALSE(verifier.verify(token, now + std::chrono::seconds(300)).standing.cached);
  expect_refused(verifier.verify(token, now + std::chrono::seconds(660)), "invalid_token", "expired");
}

// ---- keys

TEST(key_source, fetches_for_an_unknown_key_once_a_minute) {
  signing_key const key("ES256", "k1");
  int reads = 0;
  auto const source = serve(testing::key_set({&key}), &reads);
  auto const start = std::chrono::steady_clock::now();
  EXPECT_EQ(source->find("k1", "ES256", start)->size(), 1U);
  EXPECT_EQ(source->find("k2", "ES256", start + std::chrono::seconds(59))->size(), 0U);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(source->find("k2", "ES256", start + std::chrono::seconds(60))->size(), 0U);
  EXPECT_EQ(reads, 2);
  EXPECT_EQ(source->find("k2", "ES256", start + std::chrono::seconds(119))->size(), 0U);
  EXPECT_EQ(reads, 2);
  EXPECT_TRUE(source->find("k1", "ES256", start + std::chrono::seconds(120)));
  EXPECT_EQ(reads, 2) << "a known key needs no fetch";
  EXPECT_TRUE(source->find("k1", "ES256", start + std::chrono::seconds(3660)));
  EXPECT_EQ(reads, 3) << "but fresh ones after an hour";
}

TEST(key_source, keys_go_on_serving_when_the_provider_is_gone) {
  signing_key const key("ES256", "k1");
  bool gone = false;
  key_source source({.read = [&]() -> result<std::string> {
    if (gone) return fail("no answer");
    return testing::key_set({&key});
  }});
  auto const start = std::chrono::steady_clock::now();
  EXPECT_TRUE(source.find("k1", "ES256", start));
  gone = true;
  EXPECT_EQ(source.find("k1", "ES256", start + std::chrono::hours(2))->size(), 1U);
}

TEST(key_source, without_any_keys_nobody_can_say) {
  int reads = 0;
  bool there = false;
  signing_key const key("ES256", "k1");
  auto const source = std::make_shared<key_source>(key_source::options{.read = [&]() -> result<std::string> {
    ++reads;
    if (!there) return fail("no answer");
    return testing::key_set({&key});
  }});
  token_verifier verifier({.policy = strict_policy(), .keys = source});
  auto const reply = verifier.verify(secret(key.sign(good_payload)), now);
  EXPECT_EQ(reply.standing.code, verdict_code::store_unavailable);
  auto const start = std::chrono::steady_clock::now();
  EXPECT_FALSE(source->find("k1", "ES256", start));
  EXPECT_EQ(reads, 1) << "not again at once";
  there = true;
  EXPECT_TRUE(source->find("k1", "ES256", start + std::chrono::seconds(10)));
}

TEST(key_source, a_slow_provider_holds_up_one_login_alone) {
  signing_key const key("ES256", "k1");
  std::promise<void> asked;
  std::promise<void> answer;
  auto const answered = answer.get_future().share();
  int reads = 0;
  key_source source({.read = [&]() -> result<std::string> {
    if (++reads == 2) {
      asked.set_value();
      answered.wait();
    }
    return testing::key_set({&key});
  }});
  auto const start = std::chrono::steady_clock::now();
  ASSERT_TRUE(source.find("k1", "ES256", start));
  std::jthread const slow([&] { EXPECT_TRUE(source.find("unknown", "ES256", start + std::chrono::seconds(60))); });
  asked.get_future().wait();
  EXPECT_EQ(source.find("k1", "ES256", start + std::chrono::hours(2))->size(), 1U);
  answer.set_value();
}

TEST(key_set, leaves_out_what_is_not_for_us) {
  signing_key const good("RS256", "good");
  signing_key const small("RS256", "small", 1024);
  auto const set = R"({"keys":[7,{},{"kty":"oct","k":"AAAA"},{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"},)"
                   R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AA"},)"
                   R"({"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"},{"kty":"RSA","n":"AQAB"},)" +
                   small.jwk() + "," + good.jwk() + "]}";
  auto const keys = parse_key_set(set);
  ASSERT_TRUE(keys) << keys.error().text;
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().id, "good");
  EXPECT_FALSE(parse_key_set(testing::key_set({&small})));
  for (std::string_view const bad : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})"}) {
    EXPECT_FALSE(parse_key_set(bad)) << bad;
  }
  auto const off_curve = encode_base64url(std::string(32, '\x01'));
  EXPECT_FALSE(
      parse_key_set(R"({"keys":[{"kty":"EC","crv":"P-256","x":")" + off_curve + R"(","y":")" + off_curve + R"("}]})"));
}

TEST(key_set, keys_of_rfc_8037_and_rfc_7515_verify_their_examples) {
  auto const ed25519 =
      parse_key_set(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  ASSERT_TRUE(ed25519);
  auto const signature =
      decode_base64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  ASSERT_TRUE(signature);
  EXPECT_TRUE(verify_signature(ed25519->front(), "EdDSA", "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                               *signature));
  auto const p256 =
      parse_key_set(R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  ASSERT_TRUE(p256);
  auto const second =
      decode_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(second);
  EXPECT_TRUE(verify_signature(
      p256->front(), "ES256",
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ",
      *second));
}

// ---- introspection

struct answer_row {
  std::string_view name;
  result<http_response> answer;
  verdict_code code;
};

TEST(introspection, every_answer_of_the_provider) {
  auto const with_status = [](long status, std::string body) -> result<http_response> {
    return http_response{status, std::move(body)};
  };
  std::string const active = R"({"active":true,)" + std::string(good_payload.substr(1));
  auto const without = [&](std::string_view part) {
    auto text = active;
    text.erase(text.find(part), part.size());
    return text;
  };
  answer_row const rows[] = {
      {"active", with_status(200, active), verdict_code::accepted},
      {"without exp", with_status(200, without(R"("exp":1800000600,)")), verdict_code::accepted},
      {"not active", with_status(200, R"({"active":false})"), verdict_code::bad_token},
      {"active, but it expired", with_status(200, R"({"active":true,"exp":1})"), verdict_code::bad_token},
      {"active for others", with_status(200, without("\"postern\",")), verdict_code::bad_token},
      {"active is text", with_status(200, R"({"active":"true"})"), verdict_code::store_unavailable},
      {"no active", with_status(200, "{}"), verdict_code::store_unavailable},
      {"HTML", with_status(200, "<html>"), verdict_code::store_unavailable},
      {"500", with_status(500, active), verdict_code::store_unavailable},
      {"302", with_status(302, active), verdict_code::store_unavailable},
      {"401", with_status(401, ""), verdict_code::store_unavailable},
      {"no answer", fail("timed out"), verdict_code::store_unavailable},
  };
  for (auto const& [name, answer, code] : rows) {
    std::string asked;
    token_verifier verifier(
        {.policy = strict_policy(),
         .introspection = introspection_options{.url = "https://id.example/i", .client_id = "postern"},
         .read = [&](http_request const& request, http_options const&) {
           asked = request.form->reveal();
           return answer;
         }});
    auto const reply = verifier.verify(secret("opaque+token="), now);
    EXPECT_EQ(reply.standing.code, code) << name << ": " << reply.standing.detail;
    EXPECT_EQ(asked, "token=opaque%2Btoken%3D&token_type_hint=access_token");
  }
}

TEST(introspection, is_asked_again_after_a_minute) {
  int asked = 0;
  token_verifier verifier({.policy = {},
                           .introspection = introspection_options{.url = "https://id.example/i"},
                           .read = [&](http_request const&, http_options const&) -> result<http_response> {
                             ++asked;
                             return http_response{200, R"({"active":true,"email":"joe@example.org"})"};
                           }});
  secret const token("opaque");
  expect_accepted(verifier.verify(token, now), "first");
  expect_accepted(verifier.verify(token, now + std::chrono::seconds(59)), "remembered");
  EXPECT_EQ(asked, 1);
  expect_accepted(verifier.verify(token, now + std::chrono::seconds(60)), "asked again");
  EXPECT_EQ(asked, 2);
}

TEST(introspection, while_the_provider_is_silent_one_login_alone_waits_for_it) {
  std::promise<void> asked;
  std::promise<void> answer;
  auto const answered = answer.get_future().share();
  int requests = 0;
  token_verifier verifier({.policy = {},
                           .introspection = introspection_options{.url = "https://id.example/i"},
                           .read = [&](http_request const&, http_options const&) -> result<http_response> {
                             if (++requests == 1) return fail("timed out");
                             asked.set_value();
                             answered.wait();
                             return http_response{200, R"({"active":true,"email":"joe@example.org"})"};
                           }});
  secret const token("opaque");
  EXPECT_EQ(verifier.verify(token, now).standing.code, verdict_code::store_unavailable);
  std::jthread slow([&] { expect_accepted(verifier.verify(token, now), "the one that waits"); });
  asked.get_future().wait();
  EXPECT_EQ(verifier.verify(token, now).standing.code, verdict_code::store_unavailable);
  EXPECT_EQ(requests, 2);
  answer.set_value();
  slow.join();
  expect_accepted(verifier.verify(token, now), "afterwards");
}

TEST(token_verifier, three_parts_are_judged_by_their_signature_alone) {
  signing_key const key("ES256", "k1");
  signing_key const other("ES256", "k1");
  token_verifier verifier({.policy = strict_policy(),
                           .keys = serve(testing::key_set({&key})),
                           .introspection = introspection_options{.url = "https://id.example/i"},
                           .read = [](http_request const&, http_options const&) -> result<http_response> {
                             return http_response{200, R"({"active":true,"email":"joe@example.org"})"};
                           }});
  expect_refused(verifier.verify(secret(other.sign(good_payload)), now), "invalid_token", "signed by others");
}

TEST(token_cache, keeps_its_limit) {
  token_cache cache(2);
  for (std::string_view const token : {"a", "b", "c"}) cache.insert(secret(token), std::string(token), now);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_FALSE(cache.find(secret("a"), now - std::chrono::seconds(1)));
  EXPECT_EQ(cache.find(secret("c"), now - std::chrono::seconds(1)), "c");
  EXPECT_FALSE(cache.find(secret("c"), now));
}

TEST(http, knows_where_requests_go) {
  load_http();
  EXPECT_EQ(parse_url_port("https://id.example/jwks"), 443);
  EXPECT_EQ(parse_url_port("http://id.example"), 80);
  EXPECT_EQ(parse_url_port("https://[::1]:8443/x"), 8443);
  for (std::string const bad :
       {"", "id.example", "file:///etc/passwd", "https://", "https://a:0/", "https://a:99999/"}) {
    EXPECT_FALSE(parse_url_port(bad)) << bad;
  }
  EXPECT_EQ(encode_form_value("a b&c=d/~"), "a%20b%26c%3Dd%2F~");
}

}  // namespace
}  // namespace postern::auth::oauth
