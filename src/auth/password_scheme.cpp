#include "auth/password_scheme.hpp"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "auth/apache_md5.hpp"
#include "base/base64.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "crypto/argon2id.hpp"
#include "crypto/hash.hpp"
#include "crypto/md5.hpp"
#include "os/random.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth {
namespace {

using crypto::hash_algorithm;

/// What a scheme's judge is given. A null password asks for the text's grammar only, and any answer but a failure says
/// that it is right.
struct question {
  scheme_text stored;
  secret const* password = nullptr;
  std::string_view user;
};

struct scheme_row {
  std::string_view name;
  result<bool> (*judge)(question const& asked);
};

std::unexpected<failure> say_malformed(question const& asked) {
  return fail(fmt::format("the stored password is not in the form of {{{}}}", asked.stored.scheme));
}

bool equal_secrets(std::string_view a, std::string_view b) {
  auto const key = os::random_octets(32);
  return crypto::constant_time_equal(crypto::hmac(hash_algorithm::sha256, key, a),
                                     crypto::hmac(hash_algorithm::sha256, key, b));
}

// ---- plaintext

std::optional<std::string> decode_plaintext(scheme_text const& stored) {
  if (stored.encoding == "HEX") return decode_hex(stored.text);
  if (stored.encoding == "B64") return decode_base64(stored.text);
  return std::string(stored.text);
}

result<bool> judge_plain(question const& asked) {
  auto decoded = decode_plaintext(asked.stored);
  if (!decoded || decoded->empty()) return say_malformed(asked);
  secret const kept(std::move(*decoded));
  return asked.password == nullptr || equal_secrets(kept.reveal(), asked.password->reveal());
}

// ---- digests, with salt behind them or without

enum class digest_kind { md5, sha1, sha256, sha512 };

std::string hash_of(digest_kind kind, std::string_view data) {
  switch (kind) {
    case digest_kind::md5:
      return crypto::md5(data);
    case digest_kind::sha1:
      return crypto::digest(hash_algorithm::sha1, data);
    case digest_kind::sha256:
      return crypto::digest(hash_algorithm::sha256, data);
    case digest_kind::sha512:
      return crypto::digest(hash_algorithm::sha512, data);
  }
  return {};
}

constexpr std::size_t size_of(digest_kind kind) {
  constexpr std::size_t sizes[] = {16, 20, 32, 64};
  return sizes[static_cast<std::size_t>(kind)];
}

/// Base64 in files is often written without its padding.
std::optional<std::string> decode_lax_base64(std::string_view text) {
  std::string padded(text.substr(0, text.find_last_not_of('=') + 1));
  padded.append((4 - padded.size() % 4) % 4, '=');
  return decode_base64(padded);
}

/// Digests of known size are in hexadecimal when they are as long as that, as Dovecot decides.
std::optional<std::string> decode_digest(scheme_text const& stored, std::size_t octets, bool salted) {
  if (stored.encoding == "HEX") return decode_hex(stored.text);
  if (stored.encoding.empty() && !salted && stored.text.size() == 2 * octets) return decode_hex(stored.text);
  return decode_lax_base64(stored.text);
}

template <digest_kind Kind>
result<bool> judge_digest(question const& asked) {
  auto const kept = decode_digest(asked.stored, size_of(Kind), false);
  if (!kept || kept->size() != size_of(Kind)) return say_malformed(asked);
  return asked.password == nullptr || crypto::constant_time_equal(hash_of(Kind, asked.password->reveal()), *kept);
}

template <digest_kind Kind>
result<bool> judge_salted(question const& asked) {
  auto const kept = decode_digest(asked.stored, size_of(Kind), true);
  if (!kept || kept->size() <= size_of(Kind)) return say_malformed(asked);
  if (asked.password == nullptr) return true;
  secret const salted(std::string(asked.password->reveal()) + kept->substr(size_of(Kind)));
  return crypto::constant_time_equal(hash_of(Kind, salted.reveal()), kept->substr(0, size_of(Kind)));
}

// ---- crypt(3)

/// May crypt(3) be asked? It knows no limits of its own.
result<> check_crypt_costs(std::string_view text) {
  constexpr std::uint64_t bcrypt_cost_max = 16;
  constexpr std::uint64_t sha_rounds_max = 5'000'000;
  if (text.starts_with("$2")) {
    auto const parts = split(text, '$');
    auto const cost = parts.size() > 2 ? parse_unsigned(parts[2]) : std::nullopt;
    if (!cost || *cost > bcrypt_cost_max) return fail("the stored bcrypt hash costs more than is allowed");
  }
  if (auto const at = text.find("$rounds="); at != std::string_view::npos) {
    auto const digits = text.substr(at + 8);
    auto const rounds = parse_unsigned(digits.substr(0, digits.find('$')));
    if (!rounds || *rounds > sha_rounds_max) return fail("the stored hash of crypt(3) asks for too many rounds");
  }
  return {};
}

result<bool> judge_crypt(question const& asked) {
  std::string const text(asked.stored.text);
  if (text.starts_with("$apr1$")) {
    if (asked.password == nullptr) return true;
    auto const made = make_apache_md5(*asked.password, text);
    return made ? result<bool>(crypto::constant_time_equal(*made, text)) : say_malformed(asked);
  }
  // Any two letters are a salt of DES: without this a password in plaintext would pass for a hash.
  bool const has_form = text.size() == 13 || text.starts_with('$') || text.starts_with('_');
  if (!has_form || text.contains('\0') || ::crypt_checksalt(text.c_str()) == CRYPT_SALT_INVALID) {
    return fail("crypt(3) does not know the form of the stored password");
  }
  if (auto const bounded = check_crypt_costs(text); !bounded) return std::unexpected(bounded.error());
  if (asked.password == nullptr) return true;
  if (asked.password->reveal().contains('\0')) return false;

  secret const typed(asked.password->reveal());
  auto const room = std::make_unique<crypt_data>();
  auto const* const made = ::crypt_r(typed.reveal().data(), text.c_str(), room.get());
  bool const same = made != nullptr && made[0] != '*' && crypto::constant_time_equal(made, text);
  wipe(reinterpret_cast<char*>(room.get()), sizeof(crypt_data));
  return same;
}

/// RFC 2307's {MD5} is a digest, Dovecot's is crypt(3)'s.
result<bool> judge_md5(question const& asked) {
  return asked.stored.text.starts_with('$') ? judge_crypt(asked) : judge_digest<digest_kind::md5>(asked);
}

// ---- slow hashes

/// "$1$SALT$ROUNDS$HEX": HMAC-SHA-1, and the salt is its text.
result<bool> judge_pbkdf2(question const& asked) {
  auto const parts = split(asked.stored.text, '$');
  if (parts.size() != 5 || !parts[0].empty() || parts[1] != "1") return say_malformed(asked);
  auto const rounds = parse_unsigned(parts[3]);
  auto const kept = decode_hex(parts[4]);
  if (!rounds || *rounds == 0 || !kept || kept->size() != size_of(digest_kind::sha1)) return say_malformed(asked);
  if (*rounds > pbkdf2_iterations_max) return fail("the stored {PBKDF2} asks for too many rounds");
  if (asked.password == nullptr) return true;
  auto const made = crypto::pbkdf2(hash_algorithm::sha1, *asked.password, parts[2], static_cast<unsigned>(*rounds));
  return crypto::constant_time_equal(made.reveal(), *kept);
}

result<bool> judge_argon2id(question const& asked) {
  if (asked.password != nullptr) return crypto::verify_argon2id(asked.stored.text, *asked.password);
  auto const costs = crypto::parse_argon2id_parameters(asked.stored.text);
  if (!costs) return std::unexpected(costs.error());
  return true;
}

result<bool> judge_argon2i(question const& asked) {
  static secret const nobody("-");  // what the form costs is checked before the password
  auto const verdict = crypto::verify_argon2i(asked.stored.text, asked.password != nullptr ? *asked.password : nobody);
  return verdict && asked.password == nullptr ? true : verdict;
}

// ---- the verifiers of other mechanisms

template <hash_algorithm Hash>
result<bool> judge_scram(question const& asked) {
  auto const kept = sasl::parse_scram_verifier(Hash, asked.stored.text);
  if (!kept) return std::unexpected(kept.error());
  if (asked.password == nullptr) return true;
  auto const made = sasl::make_scram_verifier(Hash, *asked.password, kept->salt, kept->iterations);
  return crypto::constant_time_equal(made.stored_key, kept->stored_key);
}

result<bool> judge_cram_md5(question const& asked) {
  auto const kept = crypto::parse_hmac_md5_key(asked.stored.text);
  if (!kept) return say_malformed(asked);
  if (asked.password == nullptr) return true;
  auto const made = crypto::make_hmac_md5_key(asked.password->reveal());
  return crypto::constant_time_equal(crypto::format_hmac_md5_key(made).reveal(),
                                     crypto::format_hmac_md5_key(*kept).reveal());
}

/// MD5(user:realm:password), where the realm is what stands behind the user's "@".
result<bool> judge_digest_md5(question const& asked) {
  auto const kept = decode_digest(asked.stored, size_of(digest_kind::md5), false);
  if (!kept || kept->size() != size_of(digest_kind::md5)) return say_malformed(asked);
  if (asked.password == nullptr) return true;
  auto const at = asked.user.find('@');
  auto const realm = at == std::string_view::npos ? std::string_view() : asked.user.substr(at + 1);
  secret const whole(fmt::format("{}:{}:{}", asked.user.substr(0, at), realm, asked.password->reveal()));
  return crypto::constant_time_equal(crypto::md5(whole.reveal()), *kept);
}

constexpr scheme_row schemes[] = {
    {"PLAIN", judge_plain},
    {"CLEARTEXT", judge_plain},
    {"CLEAR", judge_plain},
    {"CRYPT", judge_crypt},
    {"DES-CRYPT", judge_crypt},
    {"MD5-CRYPT", judge_crypt},
    {"SHA256-CRYPT", judge_crypt},
    {"SHA512-CRYPT", judge_crypt},
    {"BLF-CRYPT", judge_crypt},
    {"MD5", judge_md5},
    {"PLAIN-MD5", judge_digest<digest_kind::md5>},
    {"LDAP-MD5", judge_digest<digest_kind::md5>},
    {"SHA", judge_digest<digest_kind::sha1>},
    {"SHA1", judge_digest<digest_kind::sha1>},
    {"SHA256", judge_digest<digest_kind::sha256>},
    {"SHA512", judge_digest<digest_kind::sha512>},
    {"SMD5", judge_salted<digest_kind::md5>},
    {"SSHA", judge_salted<digest_kind::sha1>},
    {"SSHA256", judge_salted<digest_kind::sha256>},
    {"SSHA512", judge_salted<digest_kind::sha512>},
    {"PBKDF2", judge_pbkdf2},
    {"ARGON2I", judge_argon2i},
    {"ARGON2ID", judge_argon2id},
    {"SCRAM-SHA-1", judge_scram<hash_algorithm::sha1>},
    {"SCRAM-SHA-256", judge_scram<hash_algorithm::sha256>},
    {"SCRAM-SHA-512", judge_scram<hash_algorithm::sha512>},
    {"CRAM-MD5", judge_cram_md5},
    {"HMAC-MD5", judge_cram_md5},
    {"DIGEST-MD5", judge_digest_md5},
};

scheme_text split_with_default(std::string_view stored, std::string_view default_scheme) {
  auto parts = split_scheme(stored);
  if (parts.scheme.empty()) {
    auto const chosen = split_scheme(fmt::format("{{{}}}", default_scheme));
    parts.scheme = chosen.scheme;
    parts.encoding = chosen.encoding;
  }
  return parts;
}

result<bool> judge(std::string_view stored, std::string_view default_scheme, secret const* password,
                   std::string_view user) {
  question const asked{split_with_default(stored, default_scheme), password, user};
  auto const* const row = std::ranges::find(schemes, asked.stored.scheme, &scheme_row::name);
  if (row != std::end(schemes)) return row->judge(asked);
  return fail(fmt::format("there is no password scheme {{{}}}", printable(asked.stored.scheme, 32)));
}

}  // namespace

scheme_text split_scheme(std::string_view stored) {
  auto const end = stored.find('}');
  if (!stored.starts_with('{') || end == std::string_view::npos) return {{}, {}, stored};
  scheme_text parts{uppercase(stored.substr(1, end - 1)), {}, stored.substr(end + 1)};
  for (auto const& [suffix, encoding] :
       {std::pair{std::string_view(".HEX"), "HEX"}, {".B64", "B64"}, {".BASE64", "B64"}}) {
    if (!parts.scheme.ends_with(suffix)) continue;
    parts.scheme.resize(parts.scheme.size() - suffix.size());
    parts.encoding = encoding;
  }
  return parts;
}

result<bool> verify_password_scheme(std::string_view stored, secret const& password, std::string_view user,
                                    std::string_view default_scheme) {
  return judge(stored, default_scheme, &password, user);
}

result<> check_password_scheme(std::string_view stored, std::string_view default_scheme) {
  auto const known = judge(stored, default_scheme, nullptr, {});
  if (!known) return std::unexpected(known.error());
  return {};
}

result<secret> parse_plaintext_scheme(std::string_view stored, std::string_view default_scheme) {
  auto const parts = split_with_default(stored, default_scheme);
  auto const* const row = std::ranges::find(schemes, parts.scheme, &scheme_row::name);
  if (row == std::end(schemes) || row->judge != judge_plain)
    return fail("the scheme does not hold the password itself");
  auto decoded = decode_plaintext(parts);
  if (!decoded || decoded->empty()) return fail("the password cannot be decoded");
  return secret(std::move(*decoded));
}

std::span<std::string_view const> password_schemes() {
  static constexpr auto names = [] {
    std::array<std::string_view, std::size(schemes)> made;
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = schemes[i].name;
    return made;
  }();
  return names;
}

}  // namespace postern::auth
