#include "auth/backend/ldap_password.hpp"

#include <crypt.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "crypto/hash.hpp"
#include "crypto/md5.hpp"

namespace postern::auth {
namespace {

using digester = std::string (*)(std::string_view);

struct digest_scheme {
  std::string_view name;
  digester digest;
  bool salted;
};

template <crypto::hash_algorithm Algorithm>
std::string sha(std::string_view data) {
  return crypto::digest(Algorithm, data);
}

using enum crypto::hash_algorithm;
constexpr std::array<digest_scheme, 8> digest_schemes = {{
    {"MD5", crypto::md5, false},
    {"SMD5", crypto::md5, true},
    {"SHA", sha<sha1>, false},
    {"SSHA", sha<sha1>, true},
    {"SHA256", sha<sha256>, false},
    {"SSHA256", sha<sha256>, true},
    {"SHA512", sha<sha512>, false},
    {"SSHA512", sha<sha512>, true},
}};

bool matches_digest(digest_scheme const& scheme, std::string_view stored, secret const& password) {
  auto const decoded = decode_base64(stored);
  if (!decoded) return false;
  secret salted(password);
  auto const size = scheme.digest("").size();
  if (decoded->size() < size || (!scheme.salted && decoded->size() != size)) return false;
  if (scheme.salted) salted = secret(std::string(password.reveal()) + decoded->substr(size));
  return crypto::constant_time_equal(scheme.digest(salted.reveal()), std::string_view(*decoded).substr(0, size));
}

bool matches_crypt(std::string_view stored, secret const& password) {
  if (stored.size() < 2 || password.reveal().contains('\0')) return false;
  auto const data = std::make_unique<::crypt_data>();
  std::string const setting(stored);
  auto const* const hashed = ::crypt_r(password.reveal().data(), setting.c_str(), data.get());
  bool const equal = hashed != nullptr && hashed[0] != '*' && crypto::constant_time_equal(hashed, stored);
  wipe(reinterpret_cast<char*>(data.get()), sizeof *data);
  return equal;
}

}  // namespace

bool matches_ldap_password(secret const& stored, secret const& password) {
  auto const value = stored.reveal();
  if (value.empty() || password.empty()) return false;
  if (!value.starts_with('{')) return crypto::constant_time_equal(value, password.reveal());
  auto const end = value.find('}');
  // A password in clear may well begin with a brace; a hash of a scheme that we do not have must not become one.
  if (end == std::string_view::npos) return crypto::constant_time_equal(value, password.reveal());
  auto const name = value.substr(1, end - 1);
  auto const rest = value.substr(end + 1);
  if (iequals(name, "CRYPT") || iequals(name, "UNIX")) return matches_crypt(rest, password);
  for (auto const& scheme : digest_schemes) {
    if (iequals(name, scheme.name)) return matches_digest(scheme, rest, password);
  }
  return false;
}

}  // namespace postern::auth
