#include "auth/oauth/jwt.hpp"

#include <algorithm>

#include "auth/oauth/base64url.hpp"

namespace postern::auth::oauth {
namespace {

result<nlohmann::json> decode_object(std::string_view part, json_limits const& limits) {
  auto const text = decode_base64url(part);
  if (!text) return fail("a part that is not base64url");
  return parse_object(*text, limits);
}

}  // namespace

bool looks_like_jwt(std::string_view token) { return std::ranges::count(token, '.') == 2; }

result<jwt> parse_jwt(std::string_view token, json_limits const& limits) {
  if (token.size() > limits.octets_max) return fail("it is too long");
  auto const first = token.find('.');
  auto const second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return fail("it has not three parts");
  }
  auto const header = decode_object(token.substr(0, first), limits);
  if (!header) return fail("its header is " + header.error().text);
  if (header->contains("crit")) return fail("its header has crit");
  if (header->contains("b64")) return fail("its header has b64");
  auto payload = decode_object(token.substr(first + 1, second - first - 1), limits);
  if (!payload) return fail("its payload is " + payload.error().text);
  auto signature = decode_base64url(token.substr(second + 1));
  if (!signature || signature->empty()) return fail("it is not signed");
  return jwt{.algorithm = string_member(*header, "alg"),
             .key_id = string_member(*header, "kid"),
             .payload = std::move(*payload),
             .signed_text = token.substr(0, second),
             .signature = std::move(*signature)};
}

}  // namespace postern::auth::oauth
