#include "auth/apache_md5.hpp"

#include <algorithm>

#include "crypto/md5.hpp"

namespace postern::auth {
namespace {

constexpr std::string_view magic = "$apr1$";
constexpr std::size_t salt_octets_max = 8;
constexpr std::size_t digest_octets = 16;
constexpr unsigned rounds = 1000;

/// Low bits first, six a digit.
void append_digits(std::string& out, unsigned bits, unsigned digits) {
  constexpr std::string_view alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (; digits > 0; --digits, bits >>= 6U) out += alphabet[bits & 0x3fU];
}

std::string format_digest(std::string_view digest) {
  auto const octet = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(digest[at])); };
  std::string out;
  for (std::size_t i = 0; i < 5; ++i) {
    append_digits(out, octet(i) << 16U | octet(i + 6) << 8U | octet(i == 4 ? 5 : i + 12), 4);
  }
  append_digits(out, octet(11), 2);
  return out;
}

/// What goes into the first digest: password, magic, salt, as many octets of `inner` as the password has, and for each
/// bit of its length either NUL or its first octet.
std::string first_digest(std::string_view password, std::string_view salt, std::string_view inner) {
  std::string data;
  data.reserve(2 * password.size() + 128);  // never moves, so that no copy is left behind
  data.append(password).append(magic).append(salt);
  for (std::size_t left = password.size(); left > 0; left -= std::min(left, digest_octets)) {
    data.append(inner.substr(0, std::min(left, digest_octets)));
  }
  for (std::size_t bits = password.size(); bits != 0; bits >>= 1U) data += (bits & 1U) != 0 ? '\0' : password[0];
  return crypto::md5(secret(std::move(data)).reveal());
}

std::string next_digest(unsigned round, std::string_view password, std::string_view salt, std::string_view last) {
  std::string data;
  data.reserve(2 * password.size() + 64);
  data.append((round & 1U) != 0 ? password : last);
  if (round % 3 != 0) data.append(salt);
  if (round % 7 != 0) data.append(password);
  data.append((round & 1U) != 0 ? last : password);
  return crypto::md5(secret(std::move(data)).reveal());
}

}  // namespace

std::optional<std::string> make_apache_md5(secret const& password, std::string_view text) {
  if (!text.starts_with(magic)) return std::nullopt;
  auto salt = text.substr(magic.size());
  auto const end = salt.find('$');
  if (end == std::string_view::npos || end == 0 || end > salt_octets_max) return std::nullopt;
  salt = salt.substr(0, end);

  auto const typed = password.reveal();
  secret const around(std::string(typed) + std::string(salt) + std::string(typed));
  auto digest = first_digest(typed, salt, crypto::md5(around.reveal()));
  for (unsigned round = 0; round < rounds; ++round) digest = next_digest(round, typed, salt, digest);
  return std::string(magic) + std::string(salt) + "$" + format_digest(digest);
}

}  // namespace postern::auth
