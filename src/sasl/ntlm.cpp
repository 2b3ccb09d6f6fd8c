#include "sasl/ntlm.hpp"

#include <cstdlib>

#include "base/latin1.hpp"
#include "base/utf8.hpp"
#include "sasl/ntlm_message.hpp"

namespace postern::sasl {
namespace {

class ntlm_server final : public server_mechanism {
 public:
  explicit ntlm_server(server_parameters const& parameters)
      : limits_(parameters.limits), host_(parameters.host), challenge_(parameters.random(ntlm_challenge_size)) {
    challenge_.resize(ntlm_challenge_size);
  }

  server_action start(std::optional<std::string_view> initial_response) override {
    if (!initial_response || initial_response->empty()) return challenge{};
    return step(*initial_response);
  }

  server_action step(std::string_view response) override {
    if (!challenged_) {
      auto const asked = parse_ntlm_negotiate(response);
      if (!asked) return rejected{asked.error()};
      challenged_ = true;
      return challenge{format_ntlm_challenge(*asked, challenge_, host_)};
    }
    auto answer = parse_ntlm_authenticate(response);
    if (!answer) return rejected{answer.error()};
    if (answer->user.size() > limits_.user_max || answer->domain.size() > limits_.user_max) {
      return rejected{"user name too long"};
    }
    answer_ = std::move(*answer);
    return fetch_shared_secret{answer_.user, {}, {}};
  }

  server_action on_shared_secret(shared_secret const* stored) override {
    if (answer_.user.empty()) std::abort();
    bool const usable =
        stored != nullptr && stored->as == shared_secret::form::plaintext && is_utf8(stored->value.reveal());
    // A user whom nobody knows costs what others do.
    secret const nobody(std::string_view("no password at all"));
    auto const& password = usable ? stored->value : nobody;
    // Some clients (curl) widen the octets of the password, whatever they mean.
    bool const right = fits(password) || fits(secret(utf8_of_latin1(password.reveal())));
    if (!usable) return rejected{"no secret that NTLM could use", reject_reason::unknown_user, answer_.user};
    if (!right) return rejected{"wrong password", reject_reason::wrong_password, answer_.user};
    return authenticated{answer_.user, {}};
  }

 private:
  bool fits(secret const& password) const {
    auto const key = make_ntlm_key(password, answer_.user, answer_.domain);
    return fits_ntlm_v2(key, challenge_, answer_.nt_response);
  }

  response_limits limits_;
  std::string host_;
  std::string challenge_;
  bool challenged_ = false;
  ntlm_authenticate answer_;
};

}  // namespace

std::unique_ptr<server_mechanism> make_ntlm_server(server_parameters const& parameters) {
  return std::make_unique<ntlm_server>(parameters);
}

}  // namespace postern::sasl
