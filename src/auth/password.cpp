#include "auth/password.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "os/random.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t salt_octets = 16;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

result<> check_new_password(secret const& password) {
  if (password.empty()) return fail("the password is empty");
  if (password.size() > sasl::response_limits{}.password_max) return fail("the password is longer than 1024 octets");
  if (!is_utf8(password.reveal())) return fail("the password is not UTF-8; check the terminal's character set");
  // Nobody can type one at a login prompt, so one in here came from a script's mistake.
  if (std::ranges::any_of(password.reveal(), is_control)) return fail("the password holds a control character");
  return {};
}

result<verifier_set> make_verifiers(secret const& password, password_costs const& costs) {
  auto argon2id = crypto::hash_argon2id(password, os::random_octets(salt_octets), costs.argon2id);
  if (!argon2id) return std::unexpected(argon2id.error());
  auto const scram = sasl::make_scram_verifier(crypto::hash_algorithm::sha256, password, os::random_octets(salt_octets),
                                               costs.scram_iterations);
  return verifier_set{std::move(*argon2id), sasl::format_scram_verifier(scram)};
}

}  // namespace postern::auth
