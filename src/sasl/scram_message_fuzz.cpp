#include <cstdlib>

#include "sasl/scram.hpp"
#include "sasl/scram_message.hpp"
#include "sasl/test_exchange.hpp"

// Properties: what parses is formatted back to what signs alike; a client never trusts what the fuzzer made up.
namespace sasl = postern::sasl;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

void check_client_first(std::string_view text) {
  auto const first = sasl::parse_client_first(text);
  if (!first) return;
  require(std::string(first->gs2_header) + std::string(first->bare) == text);
  require(first->value.gs2_header() == first->gs2_header || first->gs2_header.ends_with(",a=,"));
  require(first->bare.starts_with(first->value.bare()));  // extensions may follow
}

void check_client_final(std::string_view text) {
  auto const final = sasl::parse_client_final(text);
  if (!final) return;
  require(final->without_proof.starts_with(sasl::format_client_final_without_proof(final->binding, final->nonce)));
}

void check_server_first(std::string_view text) {
  auto const first = sasl::parse_server_first(text);
  if (!first) return;
  auto const again = sasl::parse_server_first(sasl::format_server_first(*first));
  require(again && again->nonce == first->nonce && again->salt == first->salt &&
          again->iterations == first->iterations);
}

void check_client(std::string_view text) {
  auto credentials = sasl::testing::test_credentials("tim", "secret");
  credentials.iterations_max = sasl::scram_iterations_min;  // a fuzzer has no patience
  auto const client = sasl::make_scram_client(postern::crypto::hash_algorithm::sha1, false, credentials);
  require(client->start().has_value());
  while (!text.empty()) {
    auto const end = text.find('\n');
    if (!client->step(text.substr(0, end))) break;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  require(!client->on_success());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  check_client_first(text);
  check_client_final(text);
  check_server_first(text);
  static_cast<void>(sasl::parse_server_final(text));
  if (auto const password = sasl::parse_auth_password(text)) {
    require(sasl::parse_auth_password(sasl::format_auth_password(password->algorithm, password->verifier)).has_value());
  }
  check_client(text);
  return 0;
}
