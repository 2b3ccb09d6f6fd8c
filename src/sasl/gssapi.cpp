#include "sasl/gssapi.hpp"

#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t token_max = 65536;
constexpr int tokens_max = 8;  // Kerberos needs one or two
constexpr char no_layer = '\x01';
constexpr std::size_t choice_size = 4;

rejected failed(std::string_view log_text, std::string user = {}) {
  return {log_text, reject_reason::failed, std::move(user)};
}

class gssapi_server final : public server_mechanism {
 public:
  explicit gssapi_server(server_parameters const& parameters)
      : limits_(parameters.limits), context_(parameters.make_gss ? parameters.make_gss() : nullptr) {}

  server_action start(std::optional<std::string_view> initial_response) override {
    if (!initial_response || initial_response->empty()) return challenge{};
    return step(*initial_response);
  }

  server_action step(std::string_view response) override {
    if (context_ == nullptr) return failed("there is no keytab that could be used");
    switch (at_) {
      case phase::context:
        return accept(response);
      case phase::complete:
        // The client has the last token and nothing to say to it.
        if (!response.empty()) return rejected{"GSSAPI response where an empty one belongs"};
        return offer();
      case phase::choice:
        return decide(response);
    }
    return rejected{"GSSAPI response after the end"};
  }

 private:
  enum class phase {
    context,   ///< tokens go to and fro
    complete,  ///< the context stands; the last token is with the client
    choice,    ///< the client has our offer
  };

  server_action accept(std::string_view token) {
    if (token.empty()) return rejected{"GSSAPI response without a token"};
    if (token.size() > token_max) return rejected{"GSSAPI token too long"};
    if (++tokens_ > tokens_max) return rejected{"GSSAPI context that never stands"};
    auto accepted = context_->accept(token);
    if (!accepted) return explain(accepted.error());
    if (!accepted->complete) return challenge{std::move(accepted->token)};
    auto user = context_->initiator();
    if (!user) return explain(user.error());
    user_ = std::move(*user);
    if (accepted->token.empty()) return offer();
    at_ = phase::complete;
    return challenge{std::move(accepted->token)};
  }

  server_action offer() {
    at_ = phase::choice;
    auto wrapped = context_->wrap(std::string({no_layer, '\0', '\0', '\0'}));
    if (!wrapped) return explain(wrapped.error());
    return challenge{std::move(*wrapped)};
  }

  server_action decide(std::string_view response) {
    auto const choice = context_->unwrap(response);
    if (!choice) return explain(choice.error());
    if (choice->size() < choice_size) return rejected{"GSSAPI choice that is cut", reject_reason::malformed, user_};
    // The size that follows says nothing without a layer; some clients leave their own there.
    if (choice->front() != no_layer) return failed("the client wants a security layer that was not offered", user_);
    auto authzid = choice->substr(choice_size);
    if (authzid.size() > limits_.user_max || authzid.find('\0') != std::string::npos || !is_utf8(authzid)) {
      return rejected{"GSSAPI authorization identity that is none", reject_reason::malformed, user_};
    }
    return authenticated{user_, std::move(authzid)};
  }

  server_action explain(failure const& why) const {
    return rejected{"the Kerberos library refuses", reject_reason::failed, user_, why.text};
  }

  response_limits limits_;
  std::unique_ptr<gss_context> context_;
  phase at_ = phase::context;
  int tokens_ = 0;
  std::string user_;
};

}  // namespace

std::unique_ptr<server_mechanism> make_gssapi_server(server_parameters const& parameters) {
  return std::make_unique<gssapi_server>(parameters);
}

}  // namespace postern::sasl
