#include "auth/credential_chain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

/// Which of two refusals tells more. Trouble wins: nobody may be told "wrong" when the right source was not asked.
int weight(verdict_code code) {
  switch (code) {
    case verdict_code::unknown_user:
      return 0;
    case verdict_code::mechanism_unusable:
      return 1;
    case verdict_code::wrong_password:
      return 2;
    default:
      return 3;
  }
}

void keep_weightier(verdict& best, verdict other) {
  bool const tells_more = weight(other.code) > weight(best.code);
  if (tells_more || best.detail.empty()) best = std::move(other);
}

verdict nobody_asked(std::string_view what) {
  return {.code = verdict_code::unknown_user, .detail = fmt::format("no source of credentials {}", what)};
}

template <class Found, class Load>
chain_answer<Found> load_first(source_list const& sources, sasl::credential_need need, Load load) {
  verdict best;
  best.code = verdict_code::unknown_user;
  for (auto const& source : sources) {
    if (!source->can(need)) continue;
    auto got = load(*source);
    verdict standing{
        .code = got.code, .account = got.account, .detail = got.detail, .source = std::string(source->name())};
    if (got.found) {
      standing.code = verdict_code::accepted;
      return {std::move(standing), std::move(got.found)};
    }
    keep_weightier(best, std::move(standing));
    if (!passes_on(best.code)) break;
  }
  if (best.detail.empty()) best = nobody_asked("holds what this mechanism needs");
  return {std::move(best), {}};
}

}  // namespace

bool passes_on(verdict_code code) {
  return code == verdict_code::unknown_user || code == verdict_code::mechanism_unusable ||
         code == verdict_code::wrong_password || is_temporary(code);
}

verdict credential_chain::check_password(login const& who, secret const& password) {
  verdict best;
  best.code = verdict_code::unknown_user;
  for (auto const& source : sources_) {
    if (!source->can(sasl::credential_need::verify_plain)) continue;
    auto said = source->check_password(who, password);
    if (said.source.empty()) said.source = source->name();
    if (said.code == verdict_code::accepted) {
      if (hand_on_) hand_on(who, password, *source);
      return authorize(who, std::move(said));
    }
    bool const ends = !passes_on(said.code);
    keep_weightier(best, std::move(said));
    if (ends) break;
  }
  if (best.detail.empty()) best = nobody_asked("checks passwords");
  return best;
}

chain_answer<scram_credentials> credential_chain::load_scram(login const& who, crypto::hash_algorithm hash) {
  return load_first<scram_credentials>(sources_, sasl::credential_need::scram_verifier, [&](credential_source& source) {
    auto got = source.load_scram(who, hash);
    if (got.found && got.found->keys.empty()) {
      got.found.reset();
      got.code = verdict_code::mechanism_unusable;
    }
    return got;
  });
}

chain_answer<sasl::shared_secret> credential_chain::load_shared_secret(login const& who, std::string_view mechanism) {
  return load_first<sasl::shared_secret>(
      sources_, sasl::credential_need::plaintext_secret,
      [&](credential_source& source) { return source.load_shared_secret(who, mechanism); });
}

verdict credential_chain::admit(login const& who, std::string_view source, std::string_view credential) {
  verdict best;
  best.code = verdict_code::unknown_user;
  for (auto const& each : sources_) {
    if (!source.empty() && each->name() != source) continue;
    auto said = each->admit(who, credential);
    if (said.source.empty()) said.source = each->name();
    if (said.code == verdict_code::accepted) {
      if (said.credential.empty()) said.credential = credential;
      return authorize(who, std::move(said));
    }
    bool const ends = !passes_on(said.code);
    keep_weightier(best, std::move(said));
    if (ends) break;
  }
  if (best.detail.empty()) best = nobody_asked("knows the account");
  return best;
}

verdict credential_chain::authorize(login const& who, verdict accepted) const {
  if (who.authzid.empty()) return accepted;
  auto wanted = who;
  wanted.user = std::exchange(wanted.authzid, {});
  auto const* const source = find(accepted.source);
  auto const spelled = source != nullptr ? source->canonical(wanted) : wanted.user;
  if (!spelled.empty() && (spelled == accepted.account || who.authzid == who.user)) return accepted;
  accepted.code = verdict_code::not_authorized;
  accepted.detail = "wants to act for " + printable(who.authzid, 128) + ", which nobody may";
  return accepted;
}

std::string credential_chain::canonical(login const& who, sasl::credential_need need) const {
  auto const first = std::ranges::find_if(sources_, [&](auto const& source) { return source->can(need); });
  return first == sources_.end() ? std::string() : (*first)->canonical(who);
}

credential_source* credential_chain::find(std::string_view name) const {
  auto const at = std::ranges::find_if(sources_, [&](auto const& source) { return source->name() == name; });
  return at == sources_.end() ? nullptr : at->get();
}

void credential_chain::hand_on(login const& who, secret const& password, credential_source const& from) {
  for (auto const& source : sources_) {
    if (source.get() == &from || !source->can(sasl::credential_need::plaintext_secret)) continue;
    if (source->load_shared_secret(who, "PLAIN").code != verdict_code::unknown_user) continue;
    if (auto const stored = source->store(who, password); !stored) {
      log::warning("auto_transition of {} to {}: {}", printable(who.user, 128), source->name(), stored.error().text);
    }
  }
}

}  // namespace postern::auth
