// postern user app: app passwords, one a device.
#include <cstdio>

#include <fmt/ranges.h>

#include "auth/app_password.hpp"
#include "auth/expiry.hpp"

#include "programs/postern/user_command.hpp"

namespace postern::cli::user {
namespace {

result<auth::credential_limits> parse_limits(request const& what, wall_time now) {
  auth::credential_limits limits;
  if (!what.scopes.empty()) {
    auto scopes = auth::parse_app_scopes(what.scopes);
    if (!scopes) return std::unexpected(scopes.error());
    limits.scopes = std::move(*scopes);
  }
  for (auto const& text : what.networks) {
    std::string why;
    auto const network = ip_network::parse(text, &why);
    if (!network) return fail(fmt::format("--network {}: {}", text, why.empty() ? "this is no network" : why));
    limits.networks.push_back(*network);
  }
  if (!what.expires.empty()) {
    auto const expires = auth::parse_expiry(what.expires, now);
    if (!expires) return std::unexpected(expires.error());
    limits.expires = *expires;
  }
  return limits;
}

std::string format_limits(auth::credential_limits const& limits) {
  std::vector<std::string> networks;
  networks.reserve(limits.networks.size());
  for (auto const& one : limits.networks) networks.push_back(one.text());
  return fmt::format("for {}, from {}, until {}",
                     limits.scopes.empty() ? "everything" : fmt::format("{}", fmt::join(limits.scopes, ", ")),
                     networks.empty() ? "everywhere" : fmt::format("{}", fmt::join(networks, ", ")),
                     limits.expires ? format_when(limits.expires) : "it is revoked");
}

}  // namespace

void print_app_password(auth::credential const& one) {
  fmt::print("app        {}\n", one.name);
  fmt::print("           {}\n", format_limits(one.limits));
  fmt::print("           created {}", format_utc(one.created));
  if (one.revoked) fmt::print(", revoked {}", format_utc(*one.revoked));
  fmt::print(", last used {}", one.last_used ? format_utc(one.last_used->when) : "never");
  if (one.last_used) {
    fmt::print(" from {} ({})", one.last_used->address.empty() ? "?" : one.last_used->address, one.last_used->service);
  }
  fmt::print("\n");
}

int app_add(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const& name = what.words[1];
  if (auto const good = auth::check_app_password_name(name); !good) return say_failure(good.error().text);
  auto const now = wall_time::clock::now();
  auto limits = parse_limits(what, now);
  if (!limits) return say_failure(limits.error().text);

  auto const password = auth::make_app_password();
  auto verifiers =
      auth::make_app_verifiers(password, auth::password_costs{}.scram_iterations, auth::find_scram_salts(*found));
  if (!verifiers) return say_failure(verifiers.error().text);
  auth::credential const added{
      .name = name, .limits = std::move(*limits), .created = now, .verifiers = std::move(*verifiers)};
  auto const stored = store.add_app_password(found->name, added);
  if (!stored) return say_failure(stored.error().text);
  if (!*stored) {
    return say_failure(
        fmt::format("{} has an app password {} already; `postern user app revoke` ends it", found->name, name));
  }
  // The password alone on standard output: scripts take it from there.
  fmt::print("{}\n", password.reveal());
  fmt::print(stderr, "postern user: this is the app password {} of {}, {}; it is not shown again\n", name, found->name,
             format_limits(added.limits));
  return done;
}

int app_list(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  for (auto const& one : found->app_passwords) print_app_password(one);
  return done;
}

int app_revoke(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const& name = what.words[1];
  return tell(store.revoke_app_password(found->name, name, wall_time::clock::now()),
              fmt::format("{} has no app password {} that works; `postern user app list` shows all", found->name, name),
              fmt::format("revoked {} of {}", name, found->name));
}

}  // namespace postern::cli::user
