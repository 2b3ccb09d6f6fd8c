#include <cstdlib>

#include "auth/oauth/base64url.hpp"
#include "auth/oauth/claims.hpp"
#include "auth/oauth/jwt.hpp"
#include "auth/oauth/public_key.hpp"

// Properties: nothing crashes; what parses is signed text of the token itself; base64url comes back; no
// made-up signature fits a key that is not made up.
namespace oauth = postern::auth::oauth;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

std::vector<oauth::public_key> const& real_keys() {
  static auto const keys = *oauth::parse_key_set(
      R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return keys;
}

void check_token(std::string_view text) {
  auto const token = oauth::parse_jwt(text);
  if (!token) return;
  require(text.starts_with(token->signed_text) && !token->signature.empty());
  for (auto const& key : real_keys()) {
    if (oauth::may_verify(key, token->algorithm)) {
      require(!oauth::verify_signature(key, token->algorithm, token->signed_text, token->signature));
    }
  }
  static_cast<void>(oauth::parse_claims(token->payload, "email"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  check_token(text);
  static_cast<void>(oauth::parse_key_set(text));
  if (auto const object = oauth::parse_object(text)) {
    if (auto const claims = oauth::parse_claims(*object, "email")) {
      auto const now = oauth::time_point(std::chrono::seconds(1'800'000'000));
      auto const why = oauth::decide_token(*claims, {.issuer = "https://id.example"}, now);
      require(why.has_value() || claims->issuer == "https://id.example");
    }
  }
  if (auto const octets = oauth::decode_base64url(text)) require(oauth::encode_base64url(*octets) == text);
  return 0;
}
