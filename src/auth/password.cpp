#include "auth/password.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "crypto/md5.hpp"
#include "os/random.hpp"
#include "sasl/saslprep.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t salt_octets = 16;

struct scram_row {
  crypto::hash_algorithm hash;
  std::string verifier_set::* verifier;
  std::string scram_salts::* salt;
};
constexpr scram_row scram_rows[] = {
    {crypto::hash_algorithm::sha1, &verifier_set::scram_sha_1, &scram_salts::sha_1},
    {crypto::hash_algorithm::sha256, &verifier_set::scram_sha_256, &scram_salts::sha_256},
    {crypto::hash_algorithm::sha512, &verifier_set::scram_sha_512, &scram_salts::sha_512},
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void take_salts(verifier_set const& verifiers, scram_salts& into) {
  for (auto const& row : scram_rows) {
    if (!(into.*row.salt).empty() || (verifiers.*row.verifier).empty()) continue;
    if (auto const parsed = sasl::parse_scram_verifier(row.hash, verifiers.*row.verifier)) {
      into.*row.salt = parsed->salt;
    }
  }
}

void add_weak_secrets(secret const& password, password_owner const& owner, verifier_set& into) {
  if (owner.weak.cram_md5) {
    into.cram_md5 = crypto::format_hmac_md5_key(crypto::make_hmac_md5_key(password.reveal())).reveal();
  }
  if (owner.weak.digest_md5) {
    secret const whole(fmt::format("{}:{}:{}", owner.name, owner.weak.realm, password.reveal()));
    into.digest_md5 = owner.weak.realm + ":" + encode_hex(crypto::md5(whole.reveal()));
  }
}

}  // namespace

scram_salts find_scram_salts(account const& whom) {
  scram_salts salts;
  take_salts(whom.verifiers, salts);
  for (auto const& one : whom.app_passwords) take_salts(one.verifiers, salts);
  return salts;
}

scram_salts make_scram_salts() {
  return {os::random_octets(salt_octets), os::random_octets(salt_octets), os::random_octets(salt_octets)};
}

result<> check_new_password(secret const& password) {
  if (password.empty()) return fail("the password is empty");
  if (password.size() > sasl::response_limits{}.password_max) return fail("the password is longer than 1024 octets");
  if (!is_utf8(password.reveal())) return fail("the password is not UTF-8; check the terminal's character set");
  // Nobody can type one at a login prompt, so one in here came from a script's mistake.
  if (std::ranges::any_of(password.reveal(), is_control)) return fail("the password holds a control character");
  return {};
}

std::string format_password_hint(secret const& password, std::string_view account) {
  constexpr std::size_t long_enough = 12;
  auto const text = password.reveal();
  auto const local = account.substr(0, account.find('@'));
  if (local.size() > 2 && lowercase(text).contains(local)) return "the password holds the account's name";
  auto const digits = static_cast<std::size_t>(std::ranges::count_if(text, is_ascii_digit));
  if (digits == text.size() && text.size() < 2 * long_enough) return "the password consists of digits only";
  std::array<bool, 256> seen{};
  for (char const c : text) seen[static_cast<unsigned char>(c)] = true;
  if (std::ranges::count(seen, true) < 5) return "the password repeats a few characters";
  if (text.size() < long_enough) return "the password is short; twelve characters or three random words are better";
  return {};
}

result<verifier_set> make_scram_verifiers(secret const& password, unsigned iterations, scram_salts const& salts) {
  verifier_set made;
  for (auto const& row : scram_rows) {
    auto const& known = salts.*row.salt;
    auto const salt = known.empty() ? os::random_octets(salt_octets) : known;
    made.*row.verifier = sasl::format_scram_verifier(sasl::make_scram_verifier(row.hash, password, salt, iterations));
  }
  return made;
}

result<verifier_set> make_verifiers(secret const& password, password_costs const& costs, password_owner const& owner) {
  auto made = make_scram_verifiers(password, costs.scram_iterations, owner.salts);
  if (!made) return made;
  auto argon2id =
      crypto::hash_argon2id(sasl::prepare_password(password), os::random_octets(salt_octets), costs.argon2id);
  if (!argon2id) return std::unexpected(argon2id.error());
  made->argon2id = std::move(*argon2id);
  add_weak_secrets(password, owner, *made);
  return made;
}

result<password_match> verify_password(std::string const& argon2id, secret const& password) {
  auto const prepared = sasl::prepare_password(password);
  auto const match = crypto::verify_argon2id(argon2id, prepared);
  if (!match) return std::unexpected(match.error());
  if (*match) return password_match::yes;
  if (prepared.reveal() == password.reveal()) return password_match::no;
  auto const raw = crypto::verify_argon2id(argon2id, password);
  if (!raw) return std::unexpected(raw.error());
  return *raw ? password_match::as_typed : password_match::no;
}

bool is_outdated(verifier_set const& kept, password_costs const& costs, weak_secrets const& weak) {
  if (crypto::parse_argon2id_parameters(kept.argon2id) != costs.argon2id) return true;
  if (kept.cram_md5.empty() == weak.cram_md5) return true;
  if (kept.digest_md5.starts_with(weak.realm + ":") != weak.digest_md5) return true;
  return std::ranges::any_of(scram_rows, [&](scram_row const& row) {
    auto const parsed = sasl::parse_scram_verifier(row.hash, kept.*row.verifier);
    return !parsed || parsed->iterations != costs.scram_iterations;
  });
}

}  // namespace postern::auth
