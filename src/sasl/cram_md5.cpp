#include "sasl/cram_md5.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "crypto/md5.hpp"
#include "sasl/old_spelling.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t random_octets = 8;

class cram_md5_server final : public server_mechanism {
 public:
  explicit cram_md5_server(server_parameters const& parameters) : limits_(parameters.limits) {
    std::uint64_t number = 0;
    for (char const c : parameters.random(random_octets)) number = number << 8U | static_cast<unsigned char>(c);
    auto const now = std::chrono::floor<std::chrono::seconds>(parameters.now()).time_since_epoch().count();
    challenge_ = fmt::format("<{}.{}@{}>", number, now, parameters.host);
  }

  server_action start(std::optional<std::string_view> initial_response) override {
    if (initial_response && !initial_response->empty()) return rejected{"CRAM-MD5 begins with the server"};
    return challenge{challenge_};
  }

  server_action step(std::string_view response) override {
    // The name may hold blanks, the digest never does.
    auto const blank = response.rfind(' ');
    if (blank == std::string_view::npos || blank == 0)
      return rejected{"CRAM-MD5 response without user name and digest"};
    auto digest = decode_hex(response.substr(blank + 1));
    auto user = utf8_spelling(response.substr(0, blank));
    if (!digest || digest->size() != 16) return rejected{"CRAM-MD5 digest that is not 32 hexadecimal digits"};
    if (user.size() > limits_.user_max) return rejected{"user name too long"};
    if (user.find('\0') != std::string::npos) return rejected{"CRAM-MD5 user name with a NUL"};
    digest_ = std::move(*digest);
    user_ = std::move(user);
    return fetch_shared_secret{user_, {}, {}};
  }

  server_action on_shared_secret(shared_secret const* stored) override {
    if (user_.empty()) std::abort();
    auto const usable = stored != nullptr && stored->as != shared_secret::form::digest_md5;
    bool right = false;
    if (usable && stored->as == shared_secret::form::cram_md5) {
      auto const key = crypto::parse_hmac_md5_key(stored->value.reveal());
      if (!key) return rejected{"the secret stored for CRAM-MD5 is damaged", reject_reason::unknown_user, user_};
      right = fits(*key);
    } else {
      // A user whom nobody knows costs what others do.
      std::string_view const password = usable ? stored->value.reveal() : std::string_view(challenge_);
      for (auto const& spelling : hashed_spellings(password))
        right |= fits(crypto::make_hmac_md5_key(spelling.reveal()));
    }
    if (!usable) return rejected{"no secret that CRAM-MD5 could use", reject_reason::unknown_user, user_};
    if (!right) return rejected{"wrong password", reject_reason::wrong_password, user_};
    return authenticated{user_, {}};
  }

 private:
  bool fits(crypto::hmac_md5_key const& key) const {
    return crypto::constant_time_equal(crypto::hmac_md5(key, challenge_), digest_);
  }

  response_limits limits_;
  std::string challenge_;
  std::string user_;
  std::string digest_;
};

class cram_md5_client final : public client_mechanism {
 public:
  explicit cram_md5_client(client_credentials credentials) : credentials_(std::move(credentials)) {}

  result<std::optional<secret>> start() override { return std::nullopt; }

  result<secret> step(std::string_view challenge) override {
    if (challenge.empty()) return fail("CRAM-MD5: the server sent an empty challenge");
    if (std::exchange(answered_, true)) return fail("CRAM-MD5: the server sent a second challenge");
    auto const digest = crypto::hmac_md5(credentials_.password.reveal(), challenge);
    return secret(credentials_.user + ' ' + encode_hex(digest));
  }

 private:
  client_credentials credentials_;
  bool answered_ = false;
};

}  // namespace

std::unique_ptr<server_mechanism> make_cram_md5_server(server_parameters const& parameters) {
  return std::make_unique<cram_md5_server>(parameters);
}
std::unique_ptr<client_mechanism> make_cram_md5_client(client_credentials credentials) {
  return std::make_unique<cram_md5_client>(std::move(credentials));
}

}  // namespace postern::sasl
