#include <algorithm>
#include <cstdlib>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "sasl/digest_md5.hpp"
#include "sasl/digest_message.hpp"
#include "sasl/nonce.hpp"
#include "sasl/old_spelling.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t nonce_octets = 24;

class digest_md5_server final : public server_mechanism {
 public:
  explicit digest_md5_server(server_parameters const& parameters) : parameters_(parameters) {}

  server_action start(std::optional<std::string_view> initial_response) override {
    // A client that goes on from an earlier exchange sends a response at once: no nonce outlives its exchange here, so
    // it is asked anew. [RFC 2831 §2.2]
    bool const goes_on = initial_response && !initial_response->empty();
    nonce_ = format_nonce(parameters_.random(nonce_octets));
    due_ = parameters_.now() + parameters_.nonce_time;
    auto text = format_digest_challenge({parameters_.realms, nonce_, true});
    if (goes_on) text += ",stale=true";
    return challenge{std::move(text)};
  }

  server_action step(std::string_view text) override {
    auto parsed = parse_digest_response(text);
    if (!parsed) return rejected{parsed.error()};
    response_ = std::move(*parsed);
    user_ = utf8_spelling(response_.user);
    realm_ = utf8_spelling(response_.realm.value_or(std::string()));
    auto const authzid = utf8_spelling(response_.authzid);
    auto const& limits = parameters_.limits;
    if (user_.size() > limits.user_max || authzid.size() > limits.user_max) return reject("user name too long");
    if (response_.cnonce.size() > limits.nonce_max) return reject("nonce too long");
    if (response_.nonce != nonce_ || response_.nonce_count != "00000001") {
      return reject("nonce of another exchange", reject_reason::replayed);
    }
    if (parameters_.now() > due_) return reject("nonce too old", reject_reason::replayed);
    auto const& offered = parameters_.realms;
    if (response_.realm && !offered.empty() && std::ranges::find(offered, realm_) == offered.end()) {
      return reject("realm that was not offered");
    }
    return fetch_shared_secret{user_, realm_, authzid};
  }

  server_action on_shared_secret(shared_secret const* stored) override {
    if (user_.empty()) std::abort();
    auto const usable = stored != nullptr && stored->as != shared_secret::form::cram_md5;
    std::vector<secret> candidates;
    if (usable && stored->as == shared_secret::form::digest_md5) {
      auto octets = decode_hex(stored->value.reveal());
      if (!octets || octets->size() != 16) {
        return reject("the secret stored for DIGEST-MD5 is damaged", reject_reason::unknown_user);
      }
      candidates.emplace_back(std::move(*octets));
    } else {
      // A user whom nobody knows costs what others do.
      candidates = make_candidates(usable ? stored->value.reveal() : std::string_view(nonce_));
    }
    auto const matched = find_match(candidates);
    if (!usable) return reject("no secret that DIGEST-MD5 could use", reject_reason::unknown_user);
    if (matched == candidates.size()) return reject("wrong password", reject_reason::wrong_password);
    return authenticated{.user = user_,
                         .authzid = utf8_spelling(response_.authzid),
                         .final_data = "rspauth=" + digest_server_value(candidates[matched], response_)};
  }

 private:
  server_action reject(std::string_view text, reject_reason reason = reject_reason::malformed) const {
    return rejected{text, reason, user_};
  }

  /// What the password comes to in each spelling of name, realm and password.
  std::vector<secret> make_candidates(std::string_view password) const {
    std::vector<secret> out;
    for (auto const& user : hashed_spellings(user_)) {
      for (auto const& realm : hashed_spellings(realm_)) {
        for (auto const& word : hashed_spellings(password)) {
          out.push_back(make_digest_secret(user.reveal(), realm.reveal(), word.reveal()));
        }
      }
    }
    return out;
  }

  /// All are tried: the time tells nothing of which one matched.
  std::size_t find_match(std::vector<secret> const& candidates) const {
    auto matched = candidates.size();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (crypto::constant_time_equal(digest_client_value(candidates[i], response_), response_.response)) matched = i;
    }
    return matched;
  }

  server_parameters parameters_;
  std::string nonce_;
  std::chrono::system_clock::time_point due_;
  digest_response response_;
  std::string user_;
  std::string realm_;
};

}  // namespace

std::unique_ptr<server_mechanism> make_digest_md5_server(server_parameters const& parameters) {
  return std::make_unique<digest_md5_server>(parameters);
}

}  // namespace postern::sasl
