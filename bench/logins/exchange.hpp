#pragma once
// Purpose: the client's side of one login as its mechanism has it: the text that goes with AUTH, then an answer to each
//          challenge. Made for speed: what depends on the user alone is made once and kept.
// Errors: a challenge that does not fit ends the program with words: a benchmark of failures measures nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::bench {

struct user {
  std::string name;
  std::string password;
  // SCRAM-SHA-256, made at the first challenge; a server has one salt a user.
  std::string salt_and_count;
  std::string client_key;
  std::string stored_key;
  std::string server_key;
};

enum class mechanism { plain, scram_sha_256, xoauth2 };
std::optional<mechanism> find_mechanism(std::string_view name);

/// What one SCRAM exchange remembers between its steps.
struct exchange {
  user* who = nullptr;
  std::string nonce;
  std::string proof_of_server;  ///< base64
};

/// The initial response, before base64. token: XOAUTH2's.
std::string make_first(mechanism how, exchange& of, std::uint64_t number, std::string_view token);
/// The answer to SCRAM's server-first-message. [RFC 5802 §7]
std::string make_final(exchange& of, std::string_view challenge);
/// Is this the server's proof that it knows the user's keys?
bool is_proof(exchange const& of, std::string_view final_message);

std::string hmac_sha_256(std::string_view key, std::string_view text);
std::string sha_256(std::string_view text);

}  // namespace postern::bench
