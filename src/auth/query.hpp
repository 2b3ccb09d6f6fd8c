#pragma once
// Purpose: what an exchange wants to know of the credentials, and the answers: between auth_session and verifier.

#include <string>
#include <variant>

#include "auth/credential_source.hpp"
#include "auth/verdict.hpp"
#include "base/secret.hpp"
#include "crypto/hash.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::auth {

/// Is this the password? Answered with a verdict.
struct password_query {
  secret password;
};
/// Answered with a scram_reply.
struct scram_query {
  crypto::hash_algorithm hash = crypto::hash_algorithm::sha256;
};
/// Answered with a shared_secret_reply.
struct shared_secret_query {
  std::string mechanism;
};
/// Answered with a token_reply.
struct token_query {
  secret token;
};
/// The login is proved: may the account come in, here and now, as its authzid? Answered with a verdict.
struct admission_query {
  std::string source;      ///< whose secret proved it; empty: whoever knows the user
  std::string credential;  ///< the app password's name; empty for the password
};
using query = std::variant<password_query, scram_query, shared_secret_query, token_query, admission_query>;

/// `standing` accepted: the user's own keys. Temporary: none. Else keys that fit no password, so that the exchange goes
/// on, and why.
struct scram_reply {
  verdict standing;
  scram_credentials held;
};
struct shared_secret_reply {
  verdict standing;
  std::optional<sasl::shared_secret> held;
};
/// `standing` accepted or bad_token: `judged` is right. Temporary: nobody could judge.
struct token_reply {
  verdict standing;
  sasl::token_verdict judged;
};
using query_reply = std::variant<verdict, scram_reply, shared_secret_reply, token_reply>;

}  // namespace postern::auth
