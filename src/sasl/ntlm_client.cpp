#include <utility>

#include "base/utf8.hpp"
#include "sasl/ntlm.hpp"
#include "sasl/ntlm_message.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t name_max = 1024;

class ntlm_client final : public client_mechanism {
 public:
  explicit ntlm_client(client_credentials credentials) : credentials_(std::move(credentials)) {
    auto const slash = credentials_.user.find('\\');
    if (slash == std::string::npos) return;
    domain_ = credentials_.user.substr(0, slash);
    credentials_.user.erase(0, slash + 1);
  }

  result<std::optional<secret>> start() override { return secret(format_ntlm_negotiate()); }

  result<secret> step(std::string_view challenge) override {
    // A server that ignored the initial response asks for it again. [RFC 4954 §4]
    if (challenge.empty() && !asked_again_) {
      asked_again_ = true;
      return secret(format_ntlm_negotiate());
    }
    if (answered_) return fail("NTLM: the server goes on after the end");
    auto const asked = parse_ntlm_challenge(challenge);
    if (!asked) return fail("NTLM: " + std::string(asked.error()));
    auto const& password = credentials_.password;
    if (!is_utf8(credentials_.user) || !is_utf8(domain_) || !is_utf8(password.reveal())) {
      return fail("NTLM: name and password must be UTF-8");
    }
    if (credentials_.user.size() + domain_.size() > name_max) return fail("NTLM: the name is too long");
    answered_ = true;
    auto const key = make_ntlm_key(password, credentials_.user, domain_);
    auto const nonce = credentials_.random(ntlm_challenge_size);
    return secret(format_ntlm_authenticate(
        {.user = credentials_.user,
         .domain = domain_,
         .nt_response = make_ntlm_v2_response(key, *asked, nonce, ntlm_time(*asked, credentials_.now))},
        *asked));
  }

 private:
  client_credentials credentials_;
  std::string domain_;
  bool asked_again_ = false;
  bool answered_ = false;
};

}  // namespace

std::unique_ptr<client_mechanism> make_ntlm_client(client_credentials credentials) {
  return std::make_unique<ntlm_client>(std::move(credentials));
}

}  // namespace postern::sasl
