#include "auth/auxprop_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "auth/password_scheme.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

bool is_plaintext(secret const& value) { return !value.empty() && !value.reveal().starts_with('{'); }

std::optional<secret> find_plaintext(std::vector<secret> const& values) {
  for (auto const& value : values) {
    if (is_plaintext(value)) return value;
    if (auto text = parse_plaintext_scheme(value.reveal()); text && !text->empty()) return std::move(*text);
  }
  return std::nullopt;
}

}  // namespace

bool auxprop_source::can(sasl::credential_need need) const noexcept {
  return need == sasl::credential_need::verify_plain || need == sasl::credential_need::scram_verifier ||
         need == sasl::credential_need::plaintext_secret;
}

std::string auxprop_source::canonical(login const& who) const { return spell_with_realm(who.user, who.realm); }

std::string auxprop_source::nobody(login const& who) const {
  return fmt::format("{} finds no password of {}", name(), printable(canonical(who), 128));
}

result<bool> auxprop_source::fits(properties const& stored, login const& who, secret const& password) {
  std::optional<failure> trouble;
  for (auto const& value : stored.values) {
    if (value.empty()) continue;
    if (is_plaintext(value)) {
      if (same_password(value, password)) return true;
      continue;
    }
    auto const right = verify_password_scheme(value.reveal(), password, who.user);
    if (right) usual_ = value;
    if (right && *right) return true;
    if (!right) trouble = right.error();
  }
  if (trouble) return std::unexpected(*trouble);
  return false;
}

verdict auxprop_source::check_password(login const& who, secret const& password) {
  auto const stored = load(who, user_password_property);
  if (!stored) return {.code = verdict_code::store_unavailable, .detail = stored.error().text};
  if (!*stored || std::ranges::all_of((*stored)->values, &secret::empty)) {
    if (!usual_.empty()) static_cast<void>(verify_password_scheme(usual_.reveal(), password, who.user));
    static_cast<void>(same_password(password, password));
    return {.code = verdict_code::unknown_user, .account = canonical(who), .detail = nobody(who)};
  }
  auto const right = fits(**stored, who, password);
  auto const& account = (*stored)->account;
  if (!right) return {.code = verdict_code::store_unavailable, .account = account, .detail = right.error().text};
  if (*right && !password.empty()) return {.code = verdict_code::accepted, .account = account};
  return {.code = verdict_code::wrong_password,
          .account = account,
          .detail = fmt::format("{} has another password for {}", name(), printable(account, 128))};
}

/// "{SCRAM-SHA-256}…" as userPassword, or authPassword.
std::optional<sasl::scram_verifier> auxprop_source::find_keys(properties const& stored, login const& who,
                                                              crypto::hash_algorithm hash) {
  for (auto const& value : stored.values) {
    auto const parts = split_scheme(value.reveal());
    if (parts.scheme != sasl::scram_name(hash)) continue;
    if (auto keys = sasl::parse_scram_verifier(hash, parts.text)) return std::move(*keys);
  }
  auto const more = load(who, auth_password_property);
  if (!more || !*more) return std::nullopt;
  for (auto const& value : (*more)->values) {
    auto keys = sasl::parse_auth_password(value.reveal());
    if (keys && keys->algorithm == hash) return std::move(keys->verifier);
  }
  return std::nullopt;
}

source_answer<scram_credentials> auxprop_source::load_scram(login const& who, crypto::hash_algorithm hash) {
  auto const stored = load(who, user_password_property);
  if (!stored) return {.code = verdict_code::store_unavailable, .detail = stored.error().text};
  auto const text = *stored ? find_plaintext((*stored)->values) : std::nullopt;
  std::optional<sasl::scram_verifier> keys;
  if (*stored && !text) keys = find_keys(**stored, who, hash);
  // Derived in any case but this: a name that is not there takes as long.
  if (!keys) {
    auto derived = derive_scram(scram_, canonical(who), hash, text ? &*text : nullptr);
    if (text) keys = std::move(derived);
  }
  if (keys) {
    return {.code = verdict_code::accepted,
            .account = (*stored)->account,
            .found = scram_credentials{{std::move(*keys)}, {""}}};
  }
  if (!*stored) return {.detail = nobody(who)};
  return {
      .code = verdict_code::mechanism_unusable,
      .account = (*stored)->account,
      .detail = fmt::format("{} holds neither the password nor {} keys of this user", name(), sasl::scram_name(hash))};
}

source_answer<sasl::shared_secret> auxprop_source::load_shared_secret(login const& who, std::string_view mechanism) {
  auto const stored = load(who, user_password_property);
  if (!stored) return {.code = verdict_code::store_unavailable, .detail = stored.error().text};
  if (!*stored || std::ranges::all_of((*stored)->values, &secret::empty)) return {.detail = nobody(who)};
  auto text = find_plaintext((*stored)->values);
  if (text) {
    return {.code = verdict_code::accepted,
            .account = (*stored)->account,
            .found = sasl::shared_secret{.value = std::move(*text)}};
  }
  return {.code = verdict_code::mechanism_unusable,
          .account = (*stored)->account,
          .detail = fmt::format("{} holds a hash of this user's password; {} needs the password", name(), mechanism)};
}

verdict auxprop_source::admit(login const& who, std::string_view) {
  auto const stored = load(who, user_password_property);
  if (!stored) return {.code = verdict_code::store_unavailable, .detail = stored.error().text};
  if (!*stored) return {.code = verdict_code::unknown_user, .account = canonical(who), .detail = nobody(who)};
  return {.code = verdict_code::accepted, .account = (*stored)->account, .source = std::string(name())};
}

result<bool> auxprop_source::exists(std::string_view) {
  return fail(fmt::format("{} is asked for logins only", name()));
}

}  // namespace postern::auth
