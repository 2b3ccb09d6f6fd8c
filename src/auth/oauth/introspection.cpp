#include "auth/oauth/introspection.hpp"

#include <fmt/format.h>

#include "auth/oauth/json.hpp"

namespace postern::auth::oauth {
namespace {

secret make_form(secret const& token) {
  return secret("token=" + encode_form_value(token.reveal()) + "&token_type_hint=access_token");
}

}  // namespace

result<std::optional<nlohmann::json>> introspect(secret const& token, introspection_options const& options,
                                                 http_reader const& read) {
  auto const response =
      read({.url = options.url, .form = make_form(token), .user = options.client_id, .password = options.client_secret},
           options.http);
  if (!response) return std::unexpected(response.error());
  if (response->status == 401 || response->status == 403) {
    return fail(fmt::format("{}: {}: the provider refuses us (authd_oauth_client_id, authd_oauth_client_secret_file)",
                            options.url, response->status));
  }
  if (response->status != 200) return fail(fmt::format("{}: HTTP status {}", options.url, response->status));
  auto object = parse_object(response->body);
  if (!object) return fail(fmt::format("{}: the answer is {}", options.url, object.error().text));
  auto const active = object->find("active");
  if (active == object->end() || !active->is_boolean()) return fail(options.url + ": an answer without \"active\"");
  if (!active->get<bool>()) return std::nullopt;
  return std::move(*object);
}

}  // namespace postern::auth::oauth
