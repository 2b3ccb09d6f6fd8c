#include "auth/credential_source.hpp"

#include <fmt/format.h>

namespace postern::auth {

bool credential_source::can_scram(crypto::hash_algorithm) const noexcept {
  return can(sasl::credential_need::scram_verifier);
}
std::string credential_source::canonical(login const& who) const { return who.user; }

source_answer<scram_credentials> credential_source::load_scram(login const&, crypto::hash_algorithm) {
  return {.code = verdict_code::mechanism_unusable, .detail = fmt::format("{} holds no SCRAM keys", name())};
}

source_answer<sasl::shared_secret> credential_source::load_shared_secret(login const&, std::string_view) {
  return {.code = verdict_code::mechanism_unusable, .detail = fmt::format("{} holds no plaintext", name())};
}

verdict credential_source::admit(login const& who, std::string_view) {
  return {.code = verdict_code::accepted, .account = who.user, .source = std::string(name())};
}

verdict credential_source::check_certificate(login const&, std::string_view) {
  return {.code = verdict_code::unknown_user, .source = std::string(name())};
}

result<bool> credential_source::exists(std::string_view) { return false; }

result<std::optional<std::string>> credential_source::find_account(std::string_view user) {
  auto const there = exists(user);
  if (!there) return std::unexpected(there.error());
  return *there ? std::optional(std::string(user)) : std::nullopt;
}
result<std::uint64_t> credential_source::change_stamp() { return 0; }
result<std::vector<revocation>> credential_source::revoked_since(std::uint64_t) { return std::vector<revocation>{}; }
result<std::vector<revocation>> credential_source::revoked_after(wall_time) { return std::vector<revocation>{}; }
result<std::vector<revocation>> credential_source::take_expired() { return std::vector<revocation>{}; }
result<> credential_source::store(login const&, secret const&) {
  return fail(fmt::format("{} takes no passwords", name()));
}

}  // namespace postern::auth
