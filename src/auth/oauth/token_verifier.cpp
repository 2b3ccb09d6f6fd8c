#include "auth/oauth/token_verifier.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "auth/oauth/jwt.hpp"
#include "base/text.hpp"

namespace postern::auth::oauth {
namespace {

constexpr std::string_view source_name = "oauth";

token_reply refuse(std::string detail, std::string_view error = "invalid_token") {
  return {
      .standing = {.code = verdict_code::bad_token, .detail = std::move(detail), .source = std::string(source_name)},
      .judged = {.good = false, .user = {}, .error = std::string(error)}};
}

token_reply trouble(std::string detail) {
  return {.standing = {.code = verdict_code::store_unavailable,
                       .detail = std::move(detail),
                       .source = std::string(source_name)},
          .judged = {}};
}

token_reply accept(std::string user, bool cached) {
  return {
      .standing = {.code = verdict_code::accepted, .detail = {}, .cached = cached, .source = std::string(source_name)},
      .judged = {.good = true, .user = std::move(user), .error = {}}};
}

}  // namespace

token_verifier::token_verifier(options how) : options_(std::move(how)), cache_(options_.cache_entries_max) {}

token_reply token_verifier::verify(secret const& token, time_point now) {
  if (auto user = cache_.find(token, now)) return accept(std::move(*user), true);
  if (options_.keys && looks_like_jwt(token.reveal())) return verify_signed(token, now);
  if (options_.introspection) return verify_asked(token, now);
  return refuse("it is not a JSON web token, and there is nobody to ask (authd_oauth_introspection_url)");
}

token_reply token_verifier::verify_signed(secret const& token, time_point now) {
  auto const parsed = parse_jwt(token.reveal());
  if (!parsed) return refuse(parsed.error().text);
  if (!knows_algorithm(parsed->algorithm)) {
    return refuse("its algorithm is \"" + printable(parsed->algorithm, 32) + "\"");
  }
  auto const keys = options_.keys->find(parsed->key_id, parsed->algorithm, std::chrono::steady_clock::now());
  if (!keys) return trouble(keys.error().text);
  if (keys->empty()) return refuse("no key \"" + printable(parsed->key_id, 64) + "\" for its algorithm");
  bool const right = std::ranges::any_of(*keys, [&](public_key const& key) {
    return verify_signature(key, parsed->algorithm, parsed->signed_text, parsed->signature);
  });
  if (!right) return refuse("its signature is wrong");
  auto claims = parse_claims(parsed->payload, options_.username_claim);
  if (!claims) return refuse(claims.error().text);
  return decide(token, std::move(*claims), options_.policy, options_.signed_cache_time, now);
}

token_reply token_verifier::verify_asked(secret const& token, time_point now) {
  std::unique_lock probe(probing_, std::defer_lock);
  if (silent_ && !probe.try_lock()) return trouble("the identity provider does not answer");
  auto const told = introspect(token, *options_.introspection, options_.read);
  silent_ = !told;
  if (!told) return trouble(told.error().text);
  if (!*told) return refuse("the provider says that it is not active");
  auto claims = parse_claims(**told, options_.username_claim);
  if (!claims) return refuse(claims.error().text);
  auto policy = options_.policy;
  policy.must_expire = false;  // "active" says so [RFC 7662 §2.2]
  return decide(token, std::move(*claims), policy, options_.asked_cache_time, now);
}

token_reply token_verifier::decide(secret const& token, token_claims claims, token_policy const& policy,
                                   std::chrono::seconds cache_time, time_point now) {
  if (auto const why = decide_token(claims, policy, now)) return refuse(why->detail, why->error);
  auto const ends = std::min(claims.expires.value_or(now + cache_time), now + cache_time);
  if (ends > now) cache_.insert(token, claims.user, ends);
  return accept(std::move(claims.user), false);
}

}  // namespace postern::auth::oauth
