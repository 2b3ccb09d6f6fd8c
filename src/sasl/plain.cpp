#include "sasl/plain.hpp"

#include <utility>

#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

class plain_server final : public server_mechanism {
 public:
  explicit plain_server(response_limits const& limits) : limits_(limits) {}
  server_action start(std::optional<std::string_view> initial_response) override {
    if (!initial_response) return challenge{};
    return parse_plain_message(*initial_response, limits_);
  }
  server_action step(std::string_view response) override { return parse_plain_message(response, limits_); }

 private:
  response_limits limits_;
};

class plain_client final : public client_mechanism {
 public:
  explicit plain_client(client_credentials credentials) : credentials_(std::move(credentials)) {}

  result<std::optional<secret>> start() override { return message(); }
  // Asked for again after a server that ignored the initial response: the challenge is empty then. [RFC 4954 §4]
  result<secret> step(std::string_view challenge) override {
    if (!challenge.empty()) return fail("PLAIN: the server sent a challenge that is not empty");
    if (std::exchange(repeated_, true)) return fail("PLAIN: the server sent a second challenge");
    return message();
  }

 private:
  secret message() const {
    std::string text;
    text.reserve(credentials_.authzid.size() + credentials_.user.size() + credentials_.password.size() + 2);
    text += credentials_.authzid;
    text += '\0';
    text += credentials_.user;
    text += '\0';
    text += credentials_.password.reveal();
    return secret(std::move(text));
  }

  client_credentials credentials_;
  bool repeated_ = false;
};

}  // namespace

server_action parse_plain_message(std::string_view message, response_limits const& limits) {
  auto const first = message.find('\0');
  auto const second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos) return rejected{"PLAIN response without its two NULs"};
  std::string_view const authzid = message.substr(0, first);
  std::string_view const user = message.substr(first + 1, second - first - 1);
  std::string_view const password = message.substr(second + 1);
  if (password.find('\0') != std::string_view::npos) return rejected{"PLAIN response with a third NUL"};
  if (user.empty()) return rejected{"PLAIN response without a user name"};
  if (password.empty()) return rejected{"PLAIN response without a password"};
  if (authzid.size() > limits.user_max || user.size() > limits.user_max) return rejected{"user name too long"};
  if (password.size() > limits.password_max) return rejected{"password too long"};
  if (!is_utf8(message)) return rejected{"PLAIN response that is not UTF-8"};
  return verify_plain{std::string(user), std::string(authzid), secret(password)};
}

std::unique_ptr<server_mechanism> make_plain_server(server_parameters const& parameters) {
  return std::make_unique<plain_server>(parameters.limits);
}
std::unique_ptr<client_mechanism> make_plain_client(client_credentials credentials) {
  return std::make_unique<plain_client>(std::move(credentials));
}

}  // namespace postern::sasl
