#include "auth/app_password.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "crypto/hash.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz";
constexpr std::size_t group_letters = 4;
constexpr std::size_t groups = 5;
constexpr std::size_t salt_octets = 16;
constexpr std::size_t name_octets_max = 64;
constexpr std::string_view scopes[] = {"smtp", "imap", "pop3", "web"};

/// A letter, each as likely as any other.
char draw_letter() {
  constexpr std::size_t fair = 256 / letters.size() * letters.size();
  for (;;) {
    auto const octet = static_cast<unsigned char>(os::random_octets(1)[0]);
    if (octet < fair) return letters[octet % letters.size()];
  }
}

std::string hash_letters(std::string_view salt, secret const& typed) {
  secret const whole(std::string(salt) + std::string(typed.reveal()));
  return crypto::digest(crypto::hash_algorithm::sha256, whole.reveal());
}

}  // namespace

secret make_app_password() {
  std::string text;
  text.reserve(groups * (group_letters + 1));  // never moves, so that no copy is left behind
  for (std::size_t group = 0; group < groups; ++group) {
    if (group > 0) text += '-';
    for (std::size_t i = 0; i < group_letters; ++i) text += draw_letter();
  }
  return secret(std::move(text));
}

std::optional<secret> parse_app_password(secret const& typed) {
  constexpr std::size_t typed_max = 2 * groups * group_letters;
  if (typed.size() > typed_max) return std::nullopt;
  std::string found;
  found.reserve(typed_max);
  for (char const c : typed.reveal()) {
    if (c != '-' && c != ' ') found += ascii_lower(c);
  }
  bool const shaped =
      found.size() == groups * group_letters && std::ranges::all_of(found, [](char c) { return letters.contains(c); });
  if (!shaped) wipe(found);
  return shaped ? std::optional(secret(std::move(found))) : std::nullopt;
}

result<verifier_set> make_app_verifiers(secret const& password, unsigned scram_iterations, scram_salts const& salts) {
  auto const typed = parse_app_password(password);
  if (!typed) return fail("this is no app password");
  auto made = make_scram_verifiers(password, scram_iterations, salts);
  if (!made) return made;
  auto const salt = os::random_octets(salt_octets);
  made->sha_256 = encode_base64(salt) + "," + encode_base64(hash_letters(salt, *typed));
  return made;
}

bool verify_app_password(std::string_view stored, secret const& typed) {
  auto const comma = stored.find(',');
  if (comma == std::string_view::npos) return false;
  auto const salt = decode_base64(stored.substr(0, comma));
  auto const hash = decode_base64(stored.substr(comma + 1));
  return salt && hash && crypto::constant_time_equal(hash_letters(*salt, typed), *hash);
}

result<> check_app_password_name(std::string_view name) {
  bool const fits =
      !name.empty() && name.size() <= name_octets_max && is_utf8(name) &&
      std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ','; });
  if (name.starts_with("cert:")) return fail("names that begin with cert: are those of certificates (postern cert)");
  if (fits) return {};
  return fail("the name of an app password is 1 to 64 octets of text without commas, like phone or \"old laptop\"");
}

result<std::vector<std::string>> parse_app_scopes(std::string_view text) {
  std::vector<std::string> found;
  for (auto const word : split_any(text, ", ")) {
    auto name = lowercase(word);
    if (std::ranges::find(scopes, name) == std::end(scopes)) {
      return fail("there is no scope \"" + printable(word, 64) + "\"; there are smtp, imap, pop3 and web");
    }
    if (std::ranges::find(found, name) == found.end()) found.push_back(std::move(name));
  }
  if (found.empty()) return fail("no scope is named; there are smtp, imap, pop3 and web");
  return found;
}

}  // namespace postern::auth
