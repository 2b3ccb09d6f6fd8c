// postern user: accounts, their passwords, aliases, locks and expiry.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "auth/account_settings.hpp"
#include "auth/auth_options.hpp"
#include "auth/expiry.hpp"
#include "os/terminal.hpp"

#include "admin/device_list.hpp"
#include "admin/secret_input.hpp"
#include "programs/postern/user_command.hpp"

namespace postern::cli::user {

int say_failure(std::string_view text) {
  fmt::print(stderr, "postern user: {}\n", text);
  return failed;
}

int say_no_account(std::string_view name) {
  return say_failure(fmt::format("there is no account {}; `postern user list` shows all", name));
}

int tell(result<bool> const& outcome, std::string_view refusal, std::string_view success) {
  if (!outcome) return say_failure(outcome.error().text);
  if (!*outcome) return say_failure(refusal);
  fmt::print("{}\n", success);
  return done;
}

std::optional<auth::account> find_account(auth::account_store& store, std::string const& name) {
  auto found = store.load_account(name);
  if (!found) {
    say_failure(found.error().text);
    return std::nullopt;
  }
  if (!*found) say_no_account(name);
  return std::move(*found);
}

std::string format_when(std::optional<wall_time> when) { return when ? format_utc(*when) : "never"; }

namespace {

// ---- the password

result<secret> ask_password(request const& what) {
  if (what.password_from_stdin) return admin::read_secret_line();
  auto first = os::read_password(fmt::format("New password for {}: ", what.canonical));
  if (!first) return first;
  auto again = os::read_password("The same again: ");
  if (!again) return again;
  if (first->reveal() != again->reveal()) return fail("the two passwords differ; nothing was changed");
  return first;
}

result<auth::verifier_set> ask_verifiers(request const& what, std::string const& name, auth::scram_salts salts) {
  auto const password = ask_password(what);
  if (!password) return std::unexpected(password.error());
  if (auto good = auth::check_new_password(*password); !good) return std::unexpected(good.error());
  if (auto const hint = auth::format_password_hint(*password, name); !hint.empty()) {
    fmt::print(stderr, "postern user: hint: {}\n", hint);
  }
  auto weak = auth::load_weak_secrets(*what.settings);
  if (!weak) return std::unexpected(weak.error());
  return auth::make_verifiers(*password, {}, {std::move(salts), name, std::move(*weak)});
}

/// The second operand, which becomes or is an alias.
result<std::string> canonical_alias(request const& what) {
  return auth::load_account_names(*what.settings).canonical(what.words[1]);
}

std::string_view format_state(auth::account const& one, wall_time now) {
  if (one.locked) return "locked";
  return one.expires && *one.expires <= now ? "expired" : "open";
}

std::string format_usage(std::optional<auth::credential_usage> const& used) {
  if (!used) return "never";
  return fmt::format("{} from {} ({})", format_utc(used->when), used->address.empty() ? "?" : used->address,
                     used->service);
}

std::string_view format_password_state(auth::verifier_set const& kept) {
  if (!kept.imported.empty()) return "imported; becomes ours at the next login";
  return kept.argon2id.empty() ? "none; app passwords only" : "set";
}

}  // namespace

// ---- the actions

// Existence is asked before the password: nobody types one twice to hear that the name is taken.
int add(auth::account_store& store, request const& what) {
  auto const found = store.load_account(what.canonical);
  if (!found) return say_failure(found.error().text);
  if (*found && (*found)->name != what.canonical) {
    return say_failure(fmt::format("{} is an alias of the account {}", what.canonical, (*found)->name));
  }
  if (*found) {
    return say_failure(
        fmt::format("the account {} exists; `postern user passwd` changes its password", what.canonical));
  }
  auto const verifiers = ask_verifiers(what, what.canonical, {});
  if (!verifiers) return say_failure(verifiers.error().text);
  return tell(store.add(what.canonical, *verifiers, wall_time::clock::now()),
              fmt::format("the account {} exists", what.canonical), fmt::format("added {}", what.canonical));
}

int passwd(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const verifiers = ask_verifiers(what, found->name, auth::find_scram_salts(*found));
  if (!verifiers) return say_failure(verifiers.error().text);
  return tell(store.set_verifiers(found->name, *verifiers, wall_time::clock::now()),
              fmt::format("there is no account {}", found->name),
              fmt::format("changed the password of {}", found->name));
}

int lock(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  return tell(store.set_locked(found->name, true, wall_time::clock::now()),
              fmt::format("there is no account {}", found->name), fmt::format("locked {}", found->name));
}

int expire(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const now = wall_time::clock::now();
  auto const when = auth::parse_expiry(what.words[1], now);
  if (!when) return say_failure(when.error().text);
  return tell(store.set_expiry(found->name, *when, now), fmt::format("there is no account {}", found->name),
              fmt::format("{} expires: {}", found->name, format_when(*when)));
}

int del(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  if (found->name != what.canonical) {
    return say_failure(fmt::format("{} is an alias; `postern user alias del {} {}` removes it", what.canonical,
                                   found->name, what.canonical));
  }
  auto const status = tell(store.remove(found->name), fmt::format("there is no account {}", found->name),
                           fmt::format("deleted {}; its mail is left where it is", found->name));
  if (status != done) return status;
  auto const listed = admin::renew_revocation_list(what.settings->text("device_ca_directory"), store);
  return listed ? done : say_failure("its certificates are not in the revocation list: " + listed.error().text);
}

int list(auth::account_store& store, request const&) {
  auto const all = store.load_list();
  if (!all) return say_failure(all.error().text);
  auto const now = wall_time::clock::now();
  for (auto const& one : *all) {
    fmt::print("{:<32} {:<7} changed {}\n", one.name, format_state(one, now), format_utc(one.changed));
  }
  return done;
}

int show(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const aliases = store.load_aliases(found->name);
  if (!aliases) return say_failure(aliases.error().text);
  fmt::print("account    {}\n", found->name);
  for (auto const& alias : *aliases) fmt::print("alias      {}\n", alias);
  fmt::print("state      {}\n", format_state(*found, wall_time::clock::now()));
  fmt::print("created    {}\n", format_utc(found->created));
  fmt::print("changed    {}\n", format_utc(found->changed));
  fmt::print("expires    {}\n", format_when(found->expires));
  fmt::print("password   {}\n", format_password_state(found->verifiers));
  for (auto const& network : found->password_networks) fmt::print("from       {}\n", network.text());
  fmt::print("last used  {}\n", format_usage(found->last_used));
  for (auto const& one : found->app_passwords) print_app_password(one);
  return done;
}

int alias_add(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const alias = canonical_alias(what);
  if (!alias) return say_failure(alias.error().text);
  return tell(store.add_alias(found->name, *alias, wall_time::clock::now()),
              fmt::format("the name {} is taken already", *alias),
              fmt::format("{} logs in to {}", *alias, found->name));
}

int alias_del(auth::account_store& store, request const& what) {
  auto const found = find_account(store, what.canonical);
  if (!found) return failed;
  auto const alias = canonical_alias(what);
  if (!alias) return say_failure(alias.error().text);
  return tell(store.remove_alias(found->name, *alias, wall_time::clock::now()),
              fmt::format("{} has no alias {}", found->name, *alias),
              fmt::format("{} logs in to {} no more", *alias, found->name));
}

}  // namespace postern::cli::user
