#include <algorithm>

#include "base/latin1.hpp"
#include "base/text.hpp"
#include "crypto/hash.hpp"
#include "sasl/digest_md5.hpp"
#include "sasl/digest_message.hpp"
#include "sasl/nonce.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t nonce_octets = 24;

/// What goes into the hash: Latin-1 wherever it has room for the text. [RFC 2831 §2.1.2.1]
secret hashed(std::string_view text) {
  auto latin1 = latin1_of_utf8(text);
  return latin1 ? secret(std::move(*latin1)) : secret(text);
}

class digest_md5_client final : public client_mechanism {
 public:
  explicit digest_md5_client(client_credentials credentials) : credentials_(std::move(credentials)) {}

  result<std::optional<secret>> start() override { return std::nullopt; }

  result<secret> step(std::string_view challenge) override {
    switch (steps_++) {
      case 0:
        return on_challenge(challenge);
      case 1:
        if (auto good = on_rspauth(challenge); !good) return std::unexpected(good.error());
        return secret();
      default:
        return fail("DIGEST-MD5: the server sent a challenge too many");
    }
  }

  result<> on_success(std::optional<std::string_view> final_data) override {
    if (!proved_ && final_data && steps_ == 1) return on_rspauth(*final_data);
    if (!proved_) return fail("DIGEST-MD5: the server never proved that it knows the password");
    return {};
  }

 private:
  result<secret> on_challenge(std::string_view text) {
    if (credentials_.host.empty()) return fail("DIGEST-MD5: the server's name is not known");
    auto const challenge = parse_digest_challenge(text);
    if (!challenge) return fail("DIGEST-MD5: " + std::string(challenge.error()));
    auto const realm = choose_realm(challenge->realms);
    digest_response response{.user = credentials_.user,
                             .realm = realm,
                             .nonce = challenge->nonce,
                             .cnonce = format_nonce(credentials_.random(nonce_octets)),
                             .uri = credentials_.service + '/' + credentials_.host,
                             .response = {},
                             .authzid = credentials_.authzid,
                             .utf8 = challenge->utf8};
    if (!challenge->utf8) {
      auto latin1 = latin1_of_utf8(credentials_.user);
      if (!latin1) return fail("DIGEST-MD5: the server's charset has no room for the user name");
      response.user = std::move(*latin1);
    }
    auto const known = make_digest_secret(hashed(credentials_.user).reveal(), hashed(realm.value_or("")).reveal(),
                                          hashed(credentials_.password.reveal()).reveal());
    response.response = digest_client_value(known, response);
    server_value_ = digest_server_value(known, response);
    return format_digest_response(response);
  }

  /// The domain of the user name when it is offered, else the first.
  std::optional<std::string> choose_realm(std::vector<std::string> const& offered) const {
    if (offered.empty()) return std::nullopt;
    auto const domain = credentials_.user.substr(credentials_.user.rfind('@') + 1);
    auto const at = std::ranges::find_if(offered, [&](auto const& realm) { return iequals(realm, domain); });
    return at == offered.end() ? offered.front() : *at;
  }

  result<> on_rspauth(std::string_view text) {
    auto const value = parse_digest_rspauth(text);
    if (!value) return fail("DIGEST-MD5: the server sent no rspauth");
    if (!crypto::constant_time_equal(lowercase(*value), server_value_)) {
      return fail("DIGEST-MD5: the server does not know the password");
    }
    proved_ = true;
    return {};
  }

  client_credentials credentials_;
  std::string server_value_;
  unsigned steps_ = 0;
  bool proved_ = false;
};

}  // namespace

std::unique_ptr<client_mechanism> make_digest_md5_client(client_credentials credentials) {
  return std::make_unique<digest_md5_client>(std::move(credentials));
}

}  // namespace postern::sasl
