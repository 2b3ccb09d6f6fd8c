#include "auth/import/import.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace postern::auth {
namespace {

constexpr import_format formats[] = {
    {"passwd-file", "lines of passwd(5), shadow(5) or Dovecot's passwd-file", load_passwd_file},
    {"dovecot", "the same: user:{SCHEME}hash, Dovecot's extra fields", load_passwd_file},
    {"htpasswd", "Apache's file: $apr1$, bcrypt, {SHA}, crypt", load_htpasswd},
    {"sasldb2", "Cyrus SASL's /etc/sasldb2", load_sasldb},
};

}  // namespace

std::span<import_format const> import_formats() { return formats; }

import_format const* find_import_format(std::string_view name) {
  auto const* const found = std::ranges::find(formats, name, &import_format::name);
  return found == std::end(formats) ? nullptr : found;
}

result<> find_collisions(account_store& store, import_outcome& outcome) {
  std::map<std::string_view, std::string_view> first;
  for (auto const& one : outcome.candidates) {
    auto const& name = one.account.name;
    if (auto const [other, fresh] = first.emplace(name, one.where); !fresh) {
      outcome.problems.push_back(
          fmt::format("{}: the account {} comes from {} already", one.where, name, other->second));
      continue;
    }
    auto const found = store.load_account(name);
    if (!found) return std::unexpected(found.error());
    if (*found) outcome.problems.push_back(fmt::format("{}: the account {} exists already", one.where, name));
  }
  return {};
}

result<> store_candidates(account_store& store, std::vector<import_candidate> const& candidates,
                          password_costs const& costs, weak_secrets const& weak, wall_time now) {
  std::vector<new_account> accounts;
  accounts.reserve(candidates.size());
  for (auto const& one : candidates) {
    auto& added = accounts.emplace_back(one.account);
    if (!one.plaintext) continue;
    auto verifiers = make_verifiers(*one.plaintext, costs, {{}, added.name, weak});
    if (!verifiers) return std::unexpected(verifiers.error());
    added.verifiers = std::move(*verifiers);
  }
  return store.add_all(accounts, now);
}

}  // namespace postern::auth
