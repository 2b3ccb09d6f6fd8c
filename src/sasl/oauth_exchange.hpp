#pragma once
// Purpose: what OAUTHBEARER and XOAUTH2 have in common: the steps. They differ in the spelling of their messages.

#include <string>
#include <string_view>

#include "sasl/client_mechanism.hpp"
#include "sasl/oauth_message.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

class oauth_server : public server_mechanism {
 public:
  explicit oauth_server(server_parameters const& parameters);
  server_action start(std::optional<std::string_view> initial_response) final;
  server_action step(std::string_view response) final;
  server_action on_token(token_verdict const& verdict) final;

 protected:
  virtual oauth_parsed parse(std::string_view text) const = 0;
  virtual std::string format_refusal(std::string_view status) const = 0;

  response_limits limits_;
  std::string scope_;
  std::string configuration_;

 private:
  server_action refuse(std::string_view status);

  std::string user_;
  bool asked_ = false;    ///< a verify_token is under way
  bool refused_ = false;  ///< the client has been told and has to acknowledge it
};

class oauth_client : public client_mechanism {
 public:
  explicit oauth_client(client_credentials credentials) : credentials_(std::move(credentials)) {}
  result<std::optional<secret>> start() final { return message(); }
  result<secret> step(std::string_view challenge) final;
  result<> on_success(std::optional<std::string_view> final_data) final;

 protected:
  virtual secret message() const = 0;
  /// What a refusal is acknowledged with.
  virtual std::string_view acknowledgement() const = 0;

  client_credentials credentials_;

 private:
  bool refused_ = false;
};

}  // namespace postern::sasl
