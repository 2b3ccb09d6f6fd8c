#include "sasl/oauthbearer.hpp"

#include "sasl/oauth_exchange.hpp"

namespace postern::sasl {
namespace {

class oauthbearer_server final : public oauth_server {
 public:
  using oauth_server::oauth_server;

 protected:
  oauth_parsed parse(std::string_view text) const override { return parse_oauthbearer(text, limits_); }
  std::string format_refusal(std::string_view status) const override {
    return format_oauthbearer_refusal(status, scope_, configuration_);
  }
};

class oauthbearer_client final : public oauth_client {
 public:
  using oauth_client::oauth_client;

 protected:
  secret message() const override {
    auto const& to_be = credentials_.authzid.empty() ? credentials_.user : credentials_.authzid;
    return format_oauthbearer({to_be, credentials_.password, credentials_.host, credentials_.port});
  }
  std::string_view acknowledgement() const override { return "\x01"; }
};

}  // namespace

std::unique_ptr<server_mechanism> make_oauthbearer_server(server_parameters const& parameters) {
  return std::make_unique<oauthbearer_server>(parameters);
}
std::unique_ptr<client_mechanism> make_oauthbearer_client(client_credentials credentials) {
  return std::make_unique<oauthbearer_client>(std::move(credentials));
}

}  // namespace postern::sasl
