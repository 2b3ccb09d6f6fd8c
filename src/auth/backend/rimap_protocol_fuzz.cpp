#include <cstdlib>

#include "auth/backend/rimap_options.hpp"
#include "auth/backend/rimap_protocol.hpp"

// A line of a server that is not to be trusted, and the same octets as name and password. Properties: only our tag
// makes a tagged line; a LOGIN is one command whatever stands in it: outside of literals it has one line end, its last
// octets.
namespace {

using namespace postern;
using namespace postern::auth;

void require(bool ok) {
  if (!ok) std::abort();
}

void check_login(std::string_view user, std::string_view password) {
  auto const pieces = format_imap_login("t", user, secret(password));
  require(pieces.has_value() == !(user.contains('\0') || password.contains('\0')));
  if (!pieces) return;
  std::size_t literal = 0;  // octets of the piece that belong to the literal announced before
  for (auto const& piece : *pieces) {
    auto const text = piece.reveal();
    require(text.size() >= literal + 2 && text.ends_with("\r\n"));
    auto const outside = text.substr(literal, text.size() - literal - 2);
    require(outside.find_first_of("\r\n") == std::string_view::npos);
    auto const brace = outside.rfind('{');
    bool const last = &piece == &pieces->back();
    require(last || (brace != std::string_view::npos && outside.ends_with('}')));
    if (!last) literal = std::strtoul(std::string(outside.substr(brace + 1)).c_str(), nullptr, 10);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  auto const line = parse_imap_line(input, "saslauthd");
  require((line.what == imap_line::kind::tagged) == (input == "saslauthd" || input.starts_with("saslauthd ")));
  static_cast<void>(line.offers("LOGINDISABLED"));
  auto const half = size / 2;
  check_login(input.substr(0, half), input.substr(half));
  if (auto const options = parse_rimap_options(input)) require(!options->host.empty() && !options->port.empty());
  return 0;
}
