#include "sasl/anonymous.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t trace_max = 1020;  // 255 characters of four octets

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }

class anonymous_server final : public server_mechanism {
 public:
  server_action start(std::optional<std::string_view> initial_response) override {
    if (!initial_response) return challenge{};
    return step(*initial_response);
  }

  server_action step(std::string_view trace) override {
    if (trace.size() > trace_max) return rejected{"ANONYMOUS trace too long"};
    if (!is_utf8(trace) || std::ranges::any_of(trace, is_control)) {
      return rejected{"ANONYMOUS trace that is not printable UTF-8"};
    }
    return authenticated{.user = std::string(trace), .authzid = {}, .anonymous = true};
  }
};

class anonymous_client final : public client_mechanism {
 public:
  explicit anonymous_client(std::string trace) : trace_(std::move(trace)) {}

  result<std::optional<secret>> start() override { return secret(std::string_view(trace_)); }
  // Asked for again after a server that ignored the initial response: the challenge is empty then. [RFC 4954 §4]
  result<secret> step(std::string_view challenge) override {
    if (!challenge.empty()) return fail("ANONYMOUS: the server sent a challenge that is not empty");
    return secret(std::string_view(trace_));
  }

 private:
  std::string trace_;
};

}  // namespace

std::unique_ptr<server_mechanism> make_anonymous_server(server_parameters const&) {
  return std::make_unique<anonymous_server>();
}
std::unique_ptr<client_mechanism> make_anonymous_client(client_credentials credentials) {
  return std::make_unique<anonymous_client>(std::move(credentials.user));
}

}  // namespace postern::sasl
