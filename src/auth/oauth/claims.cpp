#include "auth/oauth/claims.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace postern::auth::oauth {
namespace {

constexpr double last_second = 253402300799;  // of the year 9999
constexpr std::size_t shown_max = 128;

/// NumericDate: a number, perhaps with a fraction. [RFC 7519 §2]
result<std::optional<time_point>> parse_time(nlohmann::json const& object, std::string_view name) {
  auto const at = object.find(name);
  if (at == object.end() || at->is_null()) return std::nullopt;
  auto const seconds = at->is_number() ? at->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= last_second)) return fail(fmt::format("{} that is no time", name));
  return time_point(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}

/// Words with blanks between them, or an array of words.
std::vector<std::string> parse_scopes(nlohmann::json const& object) {
  std::vector<std::string> scopes;
  for (std::string_view const name : {"scope", "scp"}) {
    for (auto const& text : strings_member(object, name)) {
      for (auto const word : split_any(text, " ")) scopes.emplace_back(word);
    }
  }
  return scopes;
}

/// A provider lets people write any address into their profile and says so here.
bool is_unverified_address(nlohmann::json const& object, std::string_view username_claim) {
  if (username_claim != "email") return false;
  auto const at = object.find("email_verified");
  return at != object.end() && (*at == false || *at == "false");
}

refusal invalid(std::string detail) { return {"invalid_token", std::move(detail)}; }

std::optional<refusal> decide_times(token_claims const& claims, token_policy const& policy, time_point now) {
  if (!claims.expires && policy.must_expire) return invalid("it has no exp");
  if (claims.expires && now >= *claims.expires + policy.leeway) {
    auto const ago = std::chrono::floor<std::chrono::seconds>(now - *claims.expires);
    return invalid(fmt::format("it expired {} seconds ago", ago.count()));
  }
  if (claims.not_before && now < *claims.not_before - policy.leeway) return invalid("it is not valid yet (nbf)");
  if (claims.issued && now < *claims.issued - policy.leeway) return invalid("it was issued in the future (iat)");
  return std::nullopt;
}

}  // namespace

result<token_claims> parse_claims(nlohmann::json const& object, std::string_view username_claim) {
  auto const expires = parse_time(object, "exp");
  auto const not_before = parse_time(object, "nbf");
  auto const issued = parse_time(object, "iat");
  for (auto const* const time : {&expires, &not_before, &issued}) {
    if (!*time) return std::unexpected(time->error());
  }
  if (is_unverified_address(object, username_claim)) return fail("its email is not verified");
  return token_claims{.user = string_member(object, username_claim),
                      .issuer = string_member(object, "iss"),
                      .audience = strings_member(object, "aud"),
                      .scopes = parse_scopes(object),
                      .expires = *expires,
                      .not_before = *not_before,
                      .issued = *issued};
}

std::optional<refusal> decide_token(token_claims const& claims, token_policy const& policy, time_point now) {
  if (auto late = decide_times(claims, policy, now)) return late;
  if (!policy.issuer.empty() && claims.issuer != policy.issuer) {
    return invalid(fmt::format("its issuer is \"{}\" (authd_oauth_issuer)", printable(claims.issuer, shown_max)));
  }
  if (!policy.audience.empty() &&
      std::ranges::find_first_of(claims.audience, policy.audience) == claims.audience.end()) {
    auto const theirs = printable(fmt::format("{}", fmt::join(claims.audience, " ")), shown_max);
    return invalid(fmt::format("it is for \"{}\" (authd_oauth_audience)", theirs));
  }
  for (auto const& scope : policy.scopes) {
    if (std::ranges::find(claims.scopes, scope) != claims.scopes.end()) continue;
    return refusal{"insufficient_scope", fmt::format("it has not the scope \"{}\" (authd_oauth_scope)", scope)};
  }
  if (claims.user.empty()) return invalid("it names no user (authd_oauth_username_claim)");
  return std::nullopt;
}

}  // namespace postern::auth::oauth
