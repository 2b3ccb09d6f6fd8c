#include "auth/sasldb/user.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "crypto/md5.hpp"
#include "os/random.hpp"

namespace postern::auth::sasldb {
namespace {

using crypto::hash_algorithm;

constexpr std::string_view own_prefix = "authPassword;";
constexpr std::size_t salt_octets = 16;
constexpr std::size_t md5_octets = 16;
constexpr hash_algorithm own_hashes[] = {hash_algorithm::sha256, hash_algorithm::sha512};

std::string make_seal(std::string_view auth_password) {
  return encode_base64(crypto::digest(hash_algorithm::sha256, auth_password));
}

std::optional<sasl::auth_password> parse_own(std::string_view name, std::string_view value, std::string_view seal) {
  auto const space = value.rfind(' ');
  if (space == std::string_view::npos || !crypto::constant_time_equal(value.substr(space + 1), seal)) return {};
  auto parsed = sasl::parse_auth_password(value.substr(0, space));
  if (!parsed || sasl::scram_name(parsed->algorithm) != name) return {};
  return std::move(*parsed);
}

}  // namespace

user_secrets parse_user_secrets(std::vector<std::pair<std::string_view, secret const*>> const& properties) {
  user_secrets out;
  std::string seal;
  for (auto const& [name, value] : properties) {
    if (name == property_plaintext) out.plaintext = *value;
    if (name == "cmusaslsecretPLAIN") out.old_plain = *value;
    if (name == "cmusaslsecretDIGEST-MD5") out.old_digest = *value;
    if (name == "cmusaslsecretCRAM-MD5") out.old_cram = *value;
    if (name != property_verifier) continue;
    seal = make_seal(value->reveal());
    if (auto one = sasl::parse_auth_password(value->reveal())) out.verifiers.push_back(std::move(*one));
  }
  if (seal.empty()) return out;
  for (auto const& [name, value] : properties) {
    if (!name.starts_with(own_prefix)) continue;
    if (auto one = parse_own(name.substr(own_prefix.size()), value->reveal(), seal)) {
      out.verifiers.push_back(std::move(*one));
    }
  }
  return out;
}

bool check_old_plain(secret const& stored, secret const& password) {
  auto const octets = stored.reveal();
  if (octets.size() != salt_octets + 1 + md5_octets) return false;
  secret const hashed(fmt::format("{}sasldb{}", octets.substr(0, salt_octets), password.reveal()));
  return crypto::constant_time_equal(crypto::md5(hashed.reveal()), octets.substr(salt_octets + 1));
}

std::optional<sasl::shared_secret> format_old_digest(secret const& stored, std::string_view realm) {
  if (stored.size() != md5_octets) return {};
  return sasl::shared_secret{sasl::shared_secret::form::digest_md5, secret(encode_hex(stored.reveal())),
                             std::string(realm)};
}

// Cyrus 1 kept the inner state first, each word with its high octet first.
std::optional<sasl::shared_secret> format_old_cram(secret const& stored) {
  auto const octets = stored.reveal();
  if (octets.size() != 2 * md5_octets) return {};
  auto const word = [&](std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) out = out << 8U | static_cast<unsigned char>(octets[at + i]);
    return out;
  };
  crypto::hmac_md5_key key;
  for (std::size_t i = 0; i < key.inner.size(); ++i) {
    key.inner[i] = word(4 * i);
    key.outer[i] = word(md5_octets + 4 * i);
  }
  return sasl::shared_secret{sasl::shared_secret::form::cram_md5, crypto::format_hmac_md5_key(key), {}};
}

result<> check_user(user_in_realm const& who) {
  if (who.user.empty()) return fail("the user has no name");
  for (auto const* part : {&who.user, &who.realm}) {
    if (part->find('\0') != std::string::npos) return fail("the name holds a NUL");
    if (part->size() > key_part_octets_max) {
      return fail(fmt::format("the name is longer than {} octets", key_part_octets_max));
    }
  }
  return {};
}

result<> check_password(secret const& password) {
  if (password.empty()) return fail("the password is empty");
  if (password.reveal().find('\0') != std::string_view::npos) return fail("the password holds a NUL");
  if (password.size() >= value_octets_max) {
    return fail(fmt::format("the password has {} octets or more", value_octets_max));
  }
  return {};
}

bool remove_user(records& all, user_in_realm const& who) {
  auto const prefix = format_key_prefix(who.user, who.realm);
  return std::erase_if(all, [&](record const& one) { return one.key.starts_with(prefix); }) > 0;
}

void set_password(records& all, user_in_realm const& who, new_password const& how) {
  remove_user(all, who);
  auto const put = [&](std::string_view property, secret value) {
    all.push_back({format_key({who.user, who.realm, std::string(property)}), std::move(value)});
  };
  auto const make = [&](hash_algorithm hash) {
    auto const salt = os::random_octets(salt_octets);
    return sasl::format_auth_password(hash, sasl::make_scram_verifier(hash, how.password, salt, how.iterations));
  };
  if (how.plaintext) put(property_plaintext, how.password);
  if (!how.verifiers) return;
  auto const for_cyrus = make(hash_algorithm::sha1);
  auto const seal = make_seal(for_cyrus);
  put(property_verifier, secret(std::string_view(for_cyrus)));
  for (auto const hash : own_hashes) {
    put(fmt::format("{}{}", own_prefix, sasl::scram_name(hash)), secret(fmt::format("{} {}", make(hash), seal)));
  }
}

}  // namespace postern::auth::sasldb
