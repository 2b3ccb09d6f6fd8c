#include <utility>

#include "sasl/gssapi.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t token_max = 65536;
constexpr int tokens_max = 8;  // Kerberos needs one or two
constexpr unsigned no_layer = 1;
constexpr std::size_t offer_size = 4;

class gssapi_client final : public client_mechanism {
 public:
  explicit gssapi_client(client_credentials credentials)
      : authzid_(std::move(credentials.authzid)), context_(credentials.make_gss ? credentials.make_gss() : nullptr) {}

  result<std::optional<secret>> start() override {
    if (context_ == nullptr) return fail("GSSAPI: there is no Kerberos here");
    auto token = initiate({});
    if (!token) return std::unexpected(token.error());
    first_ = std::string(token->reveal());
    return std::optional(std::move(*token));
  }

  result<secret> step(std::string_view challenge) override {
    if (context_ == nullptr) return fail("GSSAPI: there is no Kerberos here");
    switch (at_) {
      case phase::context:
        // A server that ignored the initial response asks for it again. [RFC 4954 §4]
        if (challenge.empty() && !first_.empty()) return secret(std::exchange(first_, {}));
        first_.clear();
        return initiate(challenge);
      case phase::offer:
        return choose(challenge);
      case phase::chosen:
        break;
    }
    return fail("GSSAPI: the server goes on after the end");
  }

  result<> on_success(std::optional<std::string_view>) override {
    if (at_ != phase::chosen) return fail("GSSAPI: the server says yes before it has proved who it is");
    return {};
  }

 private:
  enum class phase {
    context,  ///< tokens go to and fro
    offer,    ///< the context stands; the server's offer of layers is next
    chosen,   ///< all is said
  };

  result<secret> initiate(std::string_view token) {
    if (token.size() > token_max) return fail("GSSAPI: the server's token is too long");
    if (++tokens_ > tokens_max) return fail("GSSAPI: the context never stands");
    auto made = context_->initiate(token);
    if (!made) return fail("GSSAPI: " + made.error().text);
    if (made->complete) at_ = phase::offer;
    return secret(std::move(made->token));
  }

  // [RFC 4752 §3.1]
  result<secret> choose(std::string_view challenge) {
    auto const offer = context_->unwrap(challenge);
    if (!offer) return fail("GSSAPI: " + offer.error().text);
    if (offer->size() != offer_size) return fail("GSSAPI: the server's offer of layers has not four octets");
    if ((static_cast<unsigned char>(offer->front()) & no_layer) == 0) {
      return fail("GSSAPI: the server demands a security layer beside TLS");
    }
    auto wrapped = context_->wrap(std::string({char{no_layer}, '\0', '\0', '\0'}) + authzid_);
    if (!wrapped) return fail("GSSAPI: " + wrapped.error().text);
    at_ = phase::chosen;
    return secret(std::move(*wrapped));
  }

  std::string authzid_;
  std::string first_;  ///< until the server has answered it
  std::unique_ptr<gss_initiator> context_;
  phase at_ = phase::context;
  int tokens_ = 0;
};

}  // namespace

std::unique_ptr<client_mechanism> make_gssapi_client(client_credentials credentials) {
  return std::make_unique<gssapi_client>(std::move(credentials));
}

}  // namespace postern::sasl
