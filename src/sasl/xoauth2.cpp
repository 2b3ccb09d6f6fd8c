#include "sasl/xoauth2.hpp"

#include "sasl/oauth_exchange.hpp"

namespace postern::sasl {
namespace {

class xoauth2_server final : public oauth_server {
 public:
  using oauth_server::oauth_server;

 protected:
  oauth_parsed parse(std::string_view text) const override { return parse_xoauth2(text, limits_); }
  std::string format_refusal(std::string_view status) const override { return format_xoauth2_refusal(status, scope_); }
};

class xoauth2_client final : public oauth_client {
 public:
  using oauth_client::oauth_client;

 protected:
  secret message() const override { return format_xoauth2({credentials_.user, credentials_.password}); }
  std::string_view acknowledgement() const override { return ""; }
};

}  // namespace

std::unique_ptr<server_mechanism> make_xoauth2_server(server_parameters const& parameters) {
  return std::make_unique<xoauth2_server>(parameters);
}
std::unique_ptr<client_mechanism> make_xoauth2_client(client_credentials credentials) {
  return std::make_unique<xoauth2_client>(std::move(credentials));
}

}  // namespace postern::sasl
