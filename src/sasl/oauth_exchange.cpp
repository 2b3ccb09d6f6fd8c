#include "sasl/oauth_exchange.hpp"

#include <cstdlib>
#include <utility>

namespace postern::sasl {

oauth_server::oauth_server(server_parameters const& parameters)
    : limits_(parameters.limits), scope_(parameters.oauth_scope), configuration_(parameters.oauth_configuration) {}

server_action oauth_server::start(std::optional<std::string_view> initial_response) {
  if (!initial_response) return challenge{};
  return step(*initial_response);
}

server_action oauth_server::step(std::string_view response) {
  if (refused_) return rejected{"the token was refused", reject_reason::bad_token, user_};
  auto message = parse(response);
  if (!message) return rejected{message.error()};
  user_ = message->user;
  if (message->token.empty()) return refuse("invalid_token");
  asked_ = true;
  return verify_token{std::move(message->user), std::move(message->token)};
}

server_action oauth_server::on_token(token_verdict const& verdict) {
  if (!std::exchange(asked_, false)) std::abort();
  if (!verdict.good || verdict.user.empty()) return refuse(verdict.error.empty() ? "invalid_token" : verdict.error);
  // Whoever the client says it is, it may only be whom the token names: the driver checks that as it does authzids.
  return authenticated{verdict.user, user_};
}

server_action oauth_server::refuse(std::string_view status) {
  refused_ = true;
  return challenge{format_refusal(status)};
}

result<secret> oauth_client::step(std::string_view challenge) {
  if (refused_) return fail("the server asks on after it refused the token");
  // Asked for again after a server that ignored the initial response. [RFC 4954 §4]
  if (challenge.empty()) return message();
  refused_ = true;
  return secret(acknowledgement());
}

result<> oauth_client::on_success(std::optional<std::string_view>) {
  if (refused_) return fail("the server accepts a token that it has refused");
  return {};
}

}  // namespace postern::sasl
