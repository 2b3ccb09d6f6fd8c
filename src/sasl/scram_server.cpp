#include <algorithm>
#include <cstdlib>

#include "base/base64.hpp"
#include "sasl/nonce.hpp"
#include "sasl/saslprep.hpp"
#include "sasl/scram.hpp"
#include "sasl/scram_message.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t nonce_octets = 24;

class scram_server final : public server_mechanism {
 public:
  scram_server(crypto::hash_algorithm hash, bool plus, server_parameters const& parameters)
      : hash_(hash), plus_(plus), parameters_(parameters) {}

  server_action start(std::optional<std::string_view> initial_response) override {
    if (!initial_response) return challenge{};
    return on_client_first(*initial_response);
  }

  server_action step(std::string_view response) override {
    return keys_.empty() ? on_client_first(response) : on_client_final(response);
  }

  server_action on_scram_keys(std::span<scram_verifier const> keys) override {
    if (user_.empty() || keys.empty() || !keys_.empty()) std::abort();
    keys_.assign(keys.begin(), keys.end());
    nonce_ += format_nonce(parameters_.random(nonce_octets));
    server_first_ = format_server_first({nonce_, keys_.front().salt, keys_.front().iterations});
    return challenge{server_first_};
  }

 private:
  server_action reject(std::string_view text, reject_reason reason = reject_reason::malformed) const {
    return rejected{text, reason, user_};
  }

  server_action on_client_first(std::string_view text) {
    auto const first = parse_client_first(text);
    if (!first) return reject(first.error());
    // Unassigned code points pass: a name of today is looked up, not stored. [RFC 5802 §5.1]
    auto user = saslprep(first->value.user, saslprep_use::query);
    if (!user || user->empty()) return reject("user name that SASLprep refuses");
    user_ = std::move(*user);
    if (user_.size() > parameters_.limits.user_max || first->value.authzid.size() > parameters_.limits.user_max) {
      return reject("user name too long");
    }
    if (first->value.nonce.size() > parameters_.limits.nonce_max) return reject("nonce too long");
    if (auto const wrong = check_binding_flag(first->value)) return *wrong;
    binding_.insert(0, first->gs2_header);
    client_first_bare_ = first->bare;
    authzid_ = first->value.authzid;
    nonce_ = first->value.nonce;
    return fetch_scram_keys{user_, authzid_, hash_};
  }

  // [RFC 5802 §6]
  std::optional<server_action> check_binding_flag(scram_client_first const& first) {
    if (first.flag == scram_binding_flag::used && !plus_) {
      return reject("client binds the channel in a mechanism without -PLUS", reject_reason::wrong_binding);
    }
    if (first.flag != scram_binding_flag::used && plus_) {
      return reject("client does not bind the channel in a mechanism with -PLUS", reject_reason::wrong_binding);
    }
    if (first.flag == scram_binding_flag::not_offered && parameters_.plus_offered) {
      return reject("client was kept from seeing that -PLUS is offered", reject_reason::downgrade);
    }
    if (!plus_) return std::nullopt;
    auto const at = std::ranges::find(parameters_.bindings, first.binding_type, &channel_binding::type);
    if (at == parameters_.bindings.end()) {
      return reject("client binds the channel in a way that is not there", reject_reason::wrong_binding);
    }
    binding_ = at->data;
    return std::nullopt;
  }

  server_action on_client_final(std::string_view text) const {
    auto const final = parse_client_final(text);
    if (!final) return reject(final.error());
    if (!crypto::constant_time_equal(final->nonce, nonce_)) {
      return reject("nonce of another exchange", reject_reason::replayed);
    }
    if (!crypto::constant_time_equal(final->binding, binding_)) {
      return reject("client is bound to another TLS channel", reject_reason::wrong_binding);
    }
    if (final->proof.size() != crypto::digest_size(hash_)) return reject("proof of a wrong length");
    std::string const signed_text = client_first_bare_ + ',' + server_first_ + ',' + std::string(final->without_proof);
    // Every key is tried: how long it takes tells nothing of which one matched.
    auto matched = keys_.size();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (is_proof_of(keys_[i], signed_text, final->proof)) matched = i;
    }
    if (matched == keys_.size()) return reject("wrong password", reject_reason::wrong_password);
    std::string const signature = crypto::hmac(hash_, keys_[matched].server_key, signed_text);
    return authenticated{user_, authzid_, matched, "v=" + encode_base64(signature)};
  }

  // [RFC 5802 §3]
  bool is_proof_of(scram_verifier const& key, std::string_view signed_text, std::string_view proof) const {
    std::string client_key = crypto::hmac(hash_, key.stored_key, signed_text);
    for (std::size_t i = 0; i < client_key.size(); ++i) {
      client_key[i] =
          static_cast<char>(static_cast<unsigned char>(client_key[i]) ^ static_cast<unsigned char>(proof[i]));
    }
    bool const right = crypto::constant_time_equal(crypto::digest(hash_, client_key), key.stored_key);
    wipe(client_key);
    return right;
  }

  crypto::hash_algorithm hash_;
  bool plus_;
  server_parameters parameters_;
  std::string user_;
  std::string authzid_;
  std::string binding_;  // what c= must hold: GS2 header, channel binding data
  std::string nonce_;    // the client's, then with ours behind it
  std::string client_first_bare_;
  std::string server_first_;
  std::vector<scram_verifier> keys_;
};

}  // namespace

std::unique_ptr<server_mechanism> make_scram_server(crypto::hash_algorithm hash, bool plus,
                                                    server_parameters const& parameters) {
  return std::make_unique<scram_server>(hash, plus, parameters);
}

}  // namespace postern::sasl
