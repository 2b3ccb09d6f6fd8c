#include <cstdlib>

#include "sasl/digest_message.hpp"

// Properties: what parses comes back the same when it is formatted and parsed again.
namespace sasl = postern::sasl;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

void check_response(std::string_view text) {
  auto const first = sasl::parse_digest_response(text);
  if (!first) return;
  auto const formatted = sasl::format_digest_response(*first);
  if (formatted.size() > sasl::digest_response_max) return;  // escapes made it longer
  auto const again = sasl::parse_digest_response(formatted.reveal());
  require(again.has_value());
  require(again->user == first->user && again->realm == first->realm && again->nonce == first->nonce);
  require(again->cnonce == first->cnonce && again->uri == first->uri && again->authzid == first->authzid);
  require(again->response == first->response && again->nonce_count == first->nonce_count && again->utf8 == first->utf8);
}

void check_challenge(std::string_view text) {
  auto const first = sasl::parse_digest_challenge(text);
  if (!first) return;
  auto const again = sasl::parse_digest_challenge(sasl::format_digest_challenge(*first));
  if (first->nonce.size() > sasl::digest_challenge_max / 4) return;
  require(again && again->nonce == first->nonce && again->utf8 == first->utf8);
  require(again->realms.size() <= first->realms.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  check_response(text);
  check_challenge(text);
  static_cast<void>(sasl::parse_digest_rspauth(text));
  return 0;
}
