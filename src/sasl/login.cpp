#include "sasl/login.hpp"

#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

class login_server final : public server_mechanism {
 public:
  explicit login_server(response_limits const& limits) : limits_(limits) {}
  server_action start(std::optional<std::string_view> initial_response) override {
    // An empty initial response is a client that had nothing to say yet.
    if (!initial_response || initial_response->empty()) return challenge{"Username:"};
    return on_user(*initial_response);
  }

  server_action step(std::string_view response) override {
    return user_.empty() ? on_user(response) : on_password(response);
  }

 private:
  server_action on_user(std::string_view user) {
    if (user.empty()) return rejected{"LOGIN without a user name"};
    if (user.size() > limits_.user_max) return rejected{"user name too long"};
    if (user.find('\0') != std::string_view::npos || !is_utf8(user))
      return rejected{"LOGIN user name that is not UTF-8"};
    user_ = user;
    return challenge{"Password:"};
  }

  server_action on_password(std::string_view password) {
    if (password.empty()) return rejected{"LOGIN without a password"};
    if (password.size() > limits_.password_max) return rejected{"password too long"};
    // Everything that PLAIN cannot carry is refused here too: one account has the same passwords in both.
    if (password.find('\0') != std::string_view::npos || !is_utf8(password)) {
      return rejected{"LOGIN password that is not UTF-8"};
    }
    return verify_plain{user_, {}, secret(password)};
  }

  response_limits limits_;
  std::string user_;
};

class login_client final : public client_mechanism {
 public:
  explicit login_client(client_credentials credentials) : credentials_(std::move(credentials)) {}

  // Not every server takes the user name as an initial response; all of them prompt.
  result<std::optional<secret>> start() override { return std::nullopt; }

  // Prompts differ between servers ("Username:", "User Name"), their order does not.
  result<secret> step(std::string_view) override {
    switch (prompts_++) {
      case 0:
        return secret(credentials_.user);
      case 1:
        return credentials_.password;
      default:
        return fail("LOGIN: the server sent a third challenge");
    }
  }

 private:
  client_credentials credentials_;
  unsigned prompts_ = 0;
};

}  // namespace

std::unique_ptr<server_mechanism> make_login_server(server_parameters const& parameters) {
  return std::make_unique<login_server>(parameters.limits);
}
std::unique_ptr<client_mechanism> make_login_client(client_credentials credentials) {
  return std::make_unique<login_client>(std::move(credentials));
}

}  // namespace postern::sasl
