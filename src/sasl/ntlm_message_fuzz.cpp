#include <cstdlib>

#include "base/utf8.hpp"
#include "sasl/ntlm_message.hpp"

// Properties: nothing crashes; names are UTF-8 without NUL; no made-up answer fits a password that is not in the input.
namespace sasl = postern::sasl;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  if (auto const asked = sasl::parse_ntlm_negotiate(text)) {
    auto const sent = sasl::format_ntlm_challenge(*asked, "01234567", "mail.example");
    require(sent.starts_with("NTLMSSP"));
  }
  auto const answer = sasl::parse_ntlm_authenticate(text);
  if (!answer) return 0;
  require(postern::is_utf8(answer->user) && answer->user.find('\0') == std::string::npos && !answer->user.empty());
  require(postern::is_utf8(answer->domain));
  auto const key = sasl::make_ntlm_key(postern::secret("p\xc3\xa4ss"), answer->user, answer->domain);
  require(!sasl::fits_ntlm_v2(key, "01234567", answer->nt_response));
  return 0;
}
