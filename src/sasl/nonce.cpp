#include "sasl/nonce.hpp"

namespace postern::sasl {
namespace {

bool may_stand(char c) { return c > ' ' && c <= '~' && c != ',' && c != '"' && c != '\\'; }

}  // namespace

std::string format_nonce(std::string_view random_octets) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (char const c : random_octets) out += may_stand(c) ? c : alphabet[static_cast<unsigned char>(c) & 63U];
  return out;
}

}  // namespace postern::sasl
