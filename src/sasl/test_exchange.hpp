#pragma once
// Purpose: for tests: runs a client mechanism against a server mechanism and answers the server's questions.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl::testing {

/// What the server's driver knows of the one account.
struct test_account {
  std::vector<scram_verifier> keys;
  std::optional<shared_secret> stored;
  token_verdict token;
};

/// Answers fetch_ and verify_token until there is something for the client, or the end.
inline server_action answer_questions(server_mechanism& server, server_action action, test_account const& account) {
  for (;;) {
    if (std::holds_alternative<fetch_scram_keys>(action)) {
      action = server.on_scram_keys(account.keys);
    } else if (std::holds_alternative<fetch_shared_secret>(action)) {
      action = server.on_shared_secret(account.stored ? &*account.stored : nullptr);
    } else if (std::holds_alternative<verify_token>(action)) {
      action = server.on_token(account.token);
    } else {
      return action;
    }
  }
}

struct exchange_end {
  server_action server;  ///< a challenge when the client stopped first
  result<> client;       ///< what it makes of the whole
};

/// `final_data_with_success`: the protocol has room for it, as IMAP has; without, as in SMTP, it is a challenge.
inline exchange_end run_exchange(server_mechanism& server, client_mechanism& client, test_account const& account,
                                 bool use_initial_response = true, bool final_data_with_success = false) {
  auto first = client.start();
  if (!first) return {rejected{}, std::unexpected(first.error())};
  std::optional<std::string_view> initial;
  if (use_initial_response && *first) initial = (*first)->reveal();
  auto action = answer_questions(server, server.start(initial), account);
  while (auto const* const prompt = std::get_if<challenge>(&action)) {
    auto const response = client.step(prompt->data);
    if (!response) return {action, std::unexpected(response.error())};
    action = answer_questions(server, server.step(response->reveal()), account);
  }
  auto const* const good = std::get_if<authenticated>(&action);
  if (good == nullptr) return {action, fail("refused")};
  if (!good->final_data || final_data_with_success) return {action, client.on_success(good->final_data)};
  auto const last = client.step(*good->final_data);
  if (!last) return {action, std::unexpected(last.error())};
  return {action, client.on_success()};
}

/// Gives these octets out, whatever is asked for.
inline std::function<std::string(std::size_t)> always(std::string octets) {
  return [octets = std::move(octets)](std::size_t) { return octets; };
}

inline server_parameters test_parameters() {
  server_parameters parameters;
  parameters.host = "mail.example";
  parameters.random = always("server-nonce");
  parameters.now = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)); };
  return parameters;
}

inline client_credentials test_credentials(std::string user, std::string_view password, std::string authzid = {}) {
  client_credentials credentials{std::move(user), std::move(authzid), secret(password)};
  credentials.host = "mail.example";
  credentials.random = always("client-nonce");
  return credentials;
}

}  // namespace postern::sasl::testing
