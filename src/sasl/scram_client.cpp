#include <utility>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "sasl/nonce.hpp"
#include "sasl/saslprep.hpp"
#include "sasl/scram.hpp"
#include "sasl/scram_message.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t nonce_octets = 24;

class scram_client final : public client_mechanism {
 public:
  scram_client(crypto::hash_algorithm hash, bool plus, client_credentials credentials)
      : hash_(hash), plus_(plus), credentials_(std::move(credentials)) {}

  result<std::optional<secret>> start() override {
    if (plus_ && credentials_.bindings.empty()) return fail("SCRAM: there is no TLS channel to bind to");
    auto user = saslprep(credentials_.user, saslprep_use::query);
    if (!user || user->empty()) return fail("SCRAM: the user name is one that SASLprep refuses");
    first_.user = std::move(*user);
    first_.authzid = credentials_.authzid;
    first_.nonce = format_nonce(credentials_.random(nonce_octets));
    if (plus_) {
      first_.flag = scram_binding_flag::used;
      first_.binding_type = credentials_.bindings.front().type;
    } else if (!credentials_.bindings.empty() && !credentials_.plus_offered) {
      first_.flag = scram_binding_flag::not_offered;
    }
    return secret(first_.gs2_header() + first_.bare());
  }

  result<secret> step(std::string_view challenge) override {
    switch (steps_++) {
      case 0:
        // A server that overlooked the initial response asks for it with an empty challenge. [RFC 4954 §4]
        if (!challenge.empty()) return on_server_first(challenge);
        --steps_;
        return first_asked_again();
      case 1:
        // The server's proof before its success: the answer is empty. [RFC 5802 §5]
        if (auto good = on_server_final(challenge); !good) return std::unexpected(good.error());
        return secret();
      default:
        return fail("SCRAM: the server sent a challenge too many");
    }
  }

  result<> on_success(std::optional<std::string_view> final_data) override {
    if (!proved_ && final_data && steps_ == 1) return on_server_final(*final_data);
    if (!proved_) return fail("SCRAM: the server never proved that it knows the password");
    return {};
  }

 private:
  result<secret> first_asked_again() {
    if (std::exchange(repeated_, true)) return fail("SCRAM: the server sent an empty challenge");
    return secret(first_.gs2_header() + first_.bare());
  }

  result<secret> on_server_first(std::string_view text) {
    auto const first = parse_server_first(text);
    if (!first) return fail("SCRAM: " + std::string(first.error()));
    if (!first->nonce.starts_with(first_.nonce) || first->nonce.size() == first_.nonce.size()) {
      return fail("SCRAM: the server's nonce does not go on from ours");
    }
    if (first->iterations < scram_iterations_min || first->iterations > credentials_.iterations_max) {
      return fail(fmt::format("SCRAM: the server asks for {} iterations; {} to {} are allowed", first->iterations,
                              scram_iterations_min, credentials_.iterations_max));
    }
    std::string binding = first_.gs2_header();
    if (plus_) binding += credentials_.bindings.front().data;
    auto const without_proof = format_client_final_without_proof(binding, first->nonce);
    return secret(without_proof +
                  ",p=" + encode_base64(sign(*first, first_.bare() + ',' + std::string(text) + ',' + without_proof)));
  }

  /// The client's proof; keeps the signature that the server must send. [RFC 5802 §3]
  std::string sign(scram_server_first const& first, std::string const& signed_text) {
    secret const salted = crypto::pbkdf2(hash_, prepare_password(credentials_.password), first.salt, first.iterations);
    secret const client_key(crypto::hmac(hash_, salted.reveal(), "Client Key"));
    secret const server_key(crypto::hmac(hash_, salted.reveal(), "Server Key"));
    server_signature_ = crypto::hmac(hash_, server_key.reveal(), signed_text);
    std::string proof = crypto::hmac(hash_, crypto::digest(hash_, client_key.reveal()), signed_text);
    for (std::size_t i = 0; i < proof.size(); ++i) {
      proof[i] =
          static_cast<char>(static_cast<unsigned char>(proof[i]) ^ static_cast<unsigned char>(client_key.reveal()[i]));
    }
    return proof;
  }

  result<> on_server_final(std::string_view text) {
    auto const final = parse_server_final(text);
    if (!final) return fail("SCRAM: " + std::string(final.error()));
    if (!final->error.empty()) return fail("SCRAM: the server says " + printable(final->error, 64));
    if (!crypto::constant_time_equal(final->signature, server_signature_)) {
      return fail("SCRAM: the server does not know the password");
    }
    proved_ = true;
    return {};
  }

  crypto::hash_algorithm hash_;
  bool plus_;
  client_credentials credentials_;
  scram_client_first first_;
  std::string server_signature_;
  unsigned steps_ = 0;
  bool repeated_ = false;
  bool proved_ = false;
};

}  // namespace

std::unique_ptr<client_mechanism> make_scram_client(crypto::hash_algorithm hash, bool plus,
                                                    client_credentials credentials) {
  return std::make_unique<scram_client>(hash, plus, std::move(credentials));
}

}  // namespace postern::sasl
