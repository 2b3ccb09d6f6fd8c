#include <cstdlib>

#include "base/utf8.hpp"
#include "sasl/oauth_message.hpp"

// Properties: what parses is formatted to what parses to the same; names are UTF-8; refusals stay one line of JSON.
namespace sasl = postern::sasl;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

void check(sasl::oauth_parsed const& one, sasl::oauth_parsed (*parse)(std::string_view, sasl::response_limits const&),
           postern::secret (*format)(sasl::oauth_message const&)) {
  if (!one) return;
  require(postern::is_utf8(one->user));
  auto const again = parse(format(*one).reveal(), {});
  require(again && again->user == one->user && again->token.reveal() == one->token.reveal());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  check(sasl::parse_oauthbearer(text), sasl::parse_oauthbearer, sasl::format_oauthbearer);
  check(sasl::parse_xoauth2(text), sasl::parse_xoauth2, sasl::format_xoauth2);
  require(sasl::format_oauthbearer_refusal(text, text, text).find('\n') == std::string::npos);
  return 0;
}
