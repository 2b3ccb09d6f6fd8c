#include "sasl/external.hpp"

#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

class external_server final : public server_mechanism {
 public:
  explicit external_server(server_parameters const& parameters)
      : identity_(parameters.certificate_identity), limits_(parameters.limits) {}

  server_action start(std::optional<std::string_view> initial_response) override {
    if (!initial_response) return challenge{};
    return step(*initial_response);
  }

  server_action step(std::string_view authzid) override {
    if (authzid.size() > limits_.user_max) return rejected{"authorization identity too long"};
    if (authzid.find('\0') != std::string_view::npos) return rejected{"EXTERNAL response with a NUL"};
    if (!is_utf8(authzid)) return rejected{"EXTERNAL response that is not UTF-8"};
    if (identity_.empty()) {
      return rejected{"no verified client certificate that names a user", reject_reason::no_certificate,
                      std::string(authzid)};
    }
    return authenticated{identity_, std::string(authzid)};
  }

 private:
  std::string identity_;
  response_limits limits_;
};

class external_client final : public client_mechanism {
 public:
  explicit external_client(std::string authzid) : authzid_(std::move(authzid)) {}

  result<std::optional<secret>> start() override { return secret(std::string_view(authzid_)); }
  // Asked for again after a server that ignored the initial response: the challenge is empty then. [RFC 4954 §4]
  result<secret> step(std::string_view challenge) override {
    if (!challenge.empty()) return fail("EXTERNAL: the server sent a challenge that is not empty");
    return secret(std::string_view(authzid_));
  }

 private:
  std::string authzid_;
};

}  // namespace

std::unique_ptr<server_mechanism> make_external_server(server_parameters const& parameters) {
  return std::make_unique<external_server>(parameters);
}
std::unique_ptr<client_mechanism> make_external_client(client_credentials credentials) {
  return std::make_unique<external_client>(std::move(credentials.authzid));
}

}  // namespace postern::sasl
