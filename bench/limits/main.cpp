// postern-limits: how often a second this machine does the cryptography of one login and nothing else, on as many
// threads as it is told; prints one line of JSON. What a server reaches is told as a share of it.
#include <argon2.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "bench/common/command_line.hpp"

namespace {

using clock = std::chrono::steady_clock;

// What `postern user add` makes: crypto/argon2id.hpp.
constexpr std::uint32_t argon2id_passes = 2;
constexpr std::uint32_t argon2id_memory_kib = 19 * 1024;
constexpr std::size_t token_octets = 400;  ///< of a token, what is signed
constexpr std::string_view password = "bench-only-password";

/// Does the work once; each thread has its own.
using work = std::function<bool()>;

work make_argon2id() {
  return [] {
    std::array<unsigned char, 32> hash{};
    return ::argon2id_hash_raw(argon2id_passes, argon2id_memory_kib, 1, password.data(), password.size(),
                               "sixteen octets..", 16, hash.data(), hash.size()) == ARGON2_OK;
  };
}

/// All that SCRAM-SHA-256 asks of a server: ClientSignature, StoredKey' and ServerSignature. [RFC 5802 §3]
work make_scram() {
  return [] {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> key{};
    std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
    std::array<unsigned char, 200> const message{};
    bool const good =
        ::HMAC(::EVP_sha256(), key.data(), key.size(), message.data(), message.size(), out.data(), nullptr);
    ::SHA256(out.data(), out.size(), key.data());
    return good && ::HMAC(::EVP_sha256(), key.data(), key.size(), message.data(), message.size(), out.data(), nullptr);
  };
}

struct signed_text {
  std::shared_ptr<EVP_PKEY> key;
  std::vector<unsigned char> text = std::vector<unsigned char>(token_octets, 'x');
  std::vector<unsigned char> signature;
};

work make_verify(EVP_PKEY* made) {
  signed_text what{.key = std::shared_ptr<EVP_PKEY>(made, ::EVP_PKEY_free)};
  std::shared_ptr<EVP_MD_CTX> const signing(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
  std::size_t size = 0;
  ::EVP_DigestSignInit(signing.get(), nullptr, ::EVP_sha256(), nullptr, made);
  ::EVP_DigestSign(signing.get(), nullptr, &size, what.text.data(), what.text.size());
  what.signature.resize(size);
  ::EVP_DigestSign(signing.get(), what.signature.data(), &size, what.text.data(), what.text.size());
  what.signature.resize(size);
  return [what] {
    std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> const context(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
    return ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, what.key.get()) == 1 &&
           ::EVP_DigestVerify(context.get(), what.signature.data(), what.signature.size(), what.text.data(),
                              what.text.size()) == 1;
  };
}

std::map<std::string, std::function<work()>> const table = {
    {"argon2id", make_argon2id},
    {"scram-sha-256", make_scram},
    {"rs256", [] { return make_verify(::EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})); }},
    {"es256", [] { return make_verify(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }},
};

}  // namespace

int main(int argc, char** argv) {
  std::string name;
  double seconds = 2;
  unsigned threads = std::thread::hardware_concurrency();
  postern::bench::option const known[] = {
      {"what", &name, "argon2id, scram-sha-256, rs256 or es256"}, {"--seconds", &seconds}, {"--threads", &threads}};
  postern::bench::read_command_line(argc, argv, "how often a second this machine does the cryptography of one login",
                                    known);
  auto const found = table.find(name);
  if (found == table.end()) return std::fputs("no such limit\n", stderr), 1;

  std::atomic<std::uint64_t> total = 0;
  std::atomic<bool> wrong = false;
  std::vector<std::thread> running;
  running.reserve(threads);
  auto const begin = clock::now();
  for (unsigned i = 0; i < threads; ++i) {
    running.emplace_back([&, one = found->second()] {
      std::uint64_t count = 0;
      while (clock::now() - begin < std::chrono::duration<double>(seconds)) {
        if (!one()) wrong = true;
        ++count;
      }
      total += count;
    });
  }
  for (auto& thread : running) thread.join();
  double const took = std::chrono::duration<double>(clock::now() - begin).count();
  fmt::print("{{\"per_s\": {:.1f}}}\n", static_cast<double>(total) / took);
  return wrong ? 1 : 0;
}
