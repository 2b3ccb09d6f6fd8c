#include "bench/logins/exchange.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/base64.hpp"

namespace postern::bench {
namespace {

constexpr std::size_t digest_octets = SHA256_DIGEST_LENGTH;
constexpr std::string_view gs2_header = "n,,";

unsigned char const* octets(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

[[noreturn]] void give_up(std::string_view challenge) {
  fmt::print(stderr, "this is no server-first-message: {}\n", challenge);
  std::exit(1);
}

void make_keys(user& of, std::string_view salt, int count) {
  std::string salted(digest_octets, '\0');
  ::PKCS5_PBKDF2_HMAC(of.password.data(), static_cast<int>(of.password.size()), octets(salt),
                      static_cast<int>(salt.size()), count, ::EVP_sha256(), digest_octets, octets(salted));
  of.client_key = hmac_sha_256(salted, "Client Key");
  of.stored_key = sha_256(of.client_key);
  of.server_key = hmac_sha_256(salted, "Server Key");
}

}  // namespace

std::optional<mechanism> find_mechanism(std::string_view name) {
  if (name == "PLAIN") return mechanism::plain;
  if (name == "SCRAM-SHA-256") return mechanism::scram_sha_256;
  if (name == "XOAUTH2") return mechanism::xoauth2;
  return std::nullopt;
}

std::string hmac_sha_256(std::string_view key, std::string_view text) {
  std::string out(digest_octets, '\0');
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(), octets(out), nullptr);
  return out;
}

std::string sha_256(std::string_view text) {
  std::string out(digest_octets, '\0');
  ::SHA256(octets(text), text.size(), octets(out));
  return out;
}

std::string make_first(mechanism how, exchange& of, std::uint64_t number, std::string_view token) {
  if (how == mechanism::plain) return fmt::format("{0}{1}{0}{2}", '\0', of.who->name, of.who->password);
  if (how == mechanism::xoauth2) return fmt::format("user={}\001auth=Bearer {}\001\001", of.who->name, token);
  of.nonce = fmt::format("bench{:016x}", number);
  return fmt::format("{}n={},r={}", gs2_header, of.who->name, of.nonce);
}

std::string make_final(exchange& of, std::string_view challenge) {
  auto const salt_at = challenge.find(",s=");
  auto const count_at = challenge.find(",i=");
  if (!challenge.starts_with("r=" + of.nonce) || salt_at >= count_at || count_at == challenge.npos) give_up(challenge);
  if (of.who->salt_and_count != challenge.substr(salt_at)) {
    auto const salt = decode_base64(challenge.substr(salt_at + 3, count_at - salt_at - 3));
    if (!salt) give_up(challenge);
    int count = 0;
    std::from_chars(challenge.data() + count_at + 3, challenge.data() + challenge.size(), count);
    make_keys(*of.who, *salt, count);
    of.who->salt_and_count = challenge.substr(salt_at);
  }
  auto const bare = fmt::format("c=biws,{}", challenge.substr(0, salt_at));
  auto const signed_text = fmt::format("n={},r={},{},{}", of.who->name, of.nonce, challenge, bare);
  auto proof = hmac_sha_256(of.who->stored_key, signed_text);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ of.who->client_key[i]);
  of.proof_of_server = encode_base64(hmac_sha_256(of.who->server_key, signed_text));
  return fmt::format("{},p={}", bare, encode_base64(proof));
}

bool is_proof(exchange const& of, std::string_view final_message) {
  return final_message.starts_with("v=") && final_message.substr(2) == of.proof_of_server;
}

}  // namespace postern::bench
