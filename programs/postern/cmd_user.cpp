// postern user: the table of its actions and its command line.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>

#include <fmt/format.h>

#include "auth/auth_options.hpp"
#include "auth/import/import.hpp"
#include "base/text.hpp"
#include "os/directories.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/long_options.hpp"
#include "programs/postern/user_command.hpp"

namespace postern::cli {
namespace {

using user::action;
using user::request;

constexpr action actions[] = {
    {"add", "NAME", user::password_stdin, user::add, "make an account"},
    {"passwd", "NAME", user::password_stdin, user::passwd, "give an account a new password; app passwords stay"},
    {"lock", "NAME", user::no_option, user::lock, "let nobody log in to it; it still gets mail"},
    {"unlock", "NAME", user::no_option, user::unlock, "undo that; releases mail that was held as unusual"},
    {"expire", "NAME WHEN", user::no_option, user::expire, "let nobody log in from then on: 90d, 2027-01-31, never"},
    {"del", "NAME", user::no_option, user::del, "delete the account, not its mail"},
    {"list", "", user::no_option, user::list, "show all accounts"},
    {"show", "NAME", user::no_option, user::show, "show all about one"},
    {"alias add", "NAME ALIAS", user::no_option, user::alias_add, "let it log in by another name too"},
    {"alias del", "NAME ALIAS", user::no_option, user::alias_del, "undo that"},
    {"app add", "NAME APP", user::limits, user::app_add, "make an app password for a device and show it once"},
    {"app list", "NAME", user::no_option, user::app_list, "show the app passwords, when and where they were used"},
    {"app revoke", "NAME APP", user::no_option, user::app_revoke, "end an app password and its sessions"},
    {"import", "FILE", user::import_from, user::import_accounts, "make accounts from another program's file"},
};

int usage(std::FILE* to, int status) {
  fmt::print(to, "usage: postern user ACTION [NAME] [--dir DIR | -c CONFDIR]\n\n");
  for (auto const& one : actions) fmt::print(to, "  {:<11}{:<11} {}\n", one.name, one.operands, one.meaning);
  fmt::print(
      to,
      "\nadd, passwd:  --password-stdin reads the password from the first line of standard input; without it\n"
      "              they ask for it on the terminal.\n"
      "app add:      --scope smtp,imap,pop3,web  --network 192.0.2.0/24  --expires 90d; without them the app\n"
      "              password is good for everything, from everywhere, until it is revoked.\n"
      "import:       --format FORMAT  --default-scheme SCHEME (of passwords without {{SCHEME}}; CRYPT). Formats:\n");
  for (auto const& one : auth::import_formats()) fmt::print(to, "                {:<12} {}\n", one.name, one.meaning);
  return status;
}

// ---- the command line

struct value_option {
  std::string_view name;
  user::option belongs_to;
  void (*store)(request& into, std::string const& value);
};
constexpr value_option value_options[] = {
    {"--scope", user::limits,
     [](request& into, std::string const& value) { into.scopes += (into.scopes.empty() ? "" : ",") + value; }},
    {"--network", user::limits, [](request& into, std::string const& value) { into.networks.push_back(value); }},
    {"--expires", user::limits, [](request& into, std::string const& value) { into.expires = value; }},
    {"--format", user::import_from, [](request& into, std::string const& value) { into.format = value; }},
    {"--default-scheme", user::import_from,
     [](request& into, std::string const& value) { into.default_scheme = value; }},
};

/// Takes one option, with its value behind it or behind "="; `at` moves past it. The failure says what is wrong.
result<> take_option(std::span<std::string const> words, std::size_t& at, action const& chosen, request& what) {
  auto const& word = words[at];
  if (word == "--password-stdin" && (chosen.options & user::password_stdin) != 0) {
    what.password_from_stdin = true;
    return {};
  }
  auto const name = option_name(word);
  auto const* const found = std::ranges::find(value_options, name, &value_option::name);
  if (found == std::end(value_options) || (chosen.options & found->belongs_to) == 0) {
    return fail(fmt::format("{} does not take {}", chosen.name, name));
  }
  auto const value = take_option_value(words, at);
  if (!value) return fail(fmt::format("{} needs a value", name));
  found->store(what, *value);
  return {};
}

result<> take_words(std::span<std::string const> words, action const& chosen, request& what) {
  auto const wanted = split_any(chosen.operands, " ").size();
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at].size() > 1 && words[at].starts_with('-')) {
      if (auto taken = take_option(words, at, chosen, what); !taken) return taken;
    } else if (what.words.size() < wanted) {
      what.words.push_back(words[at]);
    } else {
      // Not repeated: it may well be a password.
      return fail("one argument too many; a password never stands on the command line");
    }
  }
  if (what.words.size() < wanted) return fail(fmt::format("{} needs {}", chosen.name, chosen.operands));
  return {};
}

/// The action, of one word or two, and its request; nullptr after having said what is wrong.
action const* parse_arguments(std::span<std::string const> words, request& what) {
  auto const* chosen = std::ranges::find(actions, std::string_view(words[0]), &action::name);
  std::size_t name_words = 1;
  if (chosen == std::end(actions) && words.size() > 1) {
    chosen = std::ranges::find(actions, words[0] + " " + words[1], &action::name);
    name_words = 2;
  }
  if (chosen == std::end(actions)) {
    bool const half =
        std::ranges::any_of(actions, [&](auto const& one) { return one.name.starts_with(words[0] + " "); });
    auto const typed = half && words.size() > 1 ? words[0] + " " + words[1] : words[0];
    user::say_failure(fmt::format("there is no action '{}'; `postern user help` shows all", typed));
    return nullptr;
  }
  if (auto const taken = take_words(words.subspan(name_words), *chosen, what); !taken) {
    user::say_failure(taken.error().text);
    return nullptr;
  }
  return chosen;
}

// ---- the database

result<config::settings> load_settings(command_line const& line) {
  return config::settings::load({.config_dir = line.config_dir,
                                 .private_dir = line.dir,
                                 .main_cf_may_be_missing = !line.dir.empty(),
                                 .tolerate_errors = true,
                                 .program = "postern"});
}

bool ends_logins(action const& chosen) {
  return std::ranges::any_of(std::initializer_list{user::passwd, user::lock, user::expire, user::del, user::app_revoke},
                             [&](auto run) { return chosen.run == run; });
}

bool makes_accounts(action const& chosen) { return chosen.run == user::add || chosen.run == user::import_accounts; }

// Only who makes accounts makes a database: the others would make an empty one in a wrong place.
result<auth::account_store> open_store(command_line const& line, config::settings const& settings, bool create) {
  if (create && !line.dir.empty()) {
    if (auto made = os::make_directory(settings.text("data_directory"), 0700); !made) {
      return std::unexpected(made.error());
    }
  }
  return auth::account_store::open(auth::account_database_path(settings), {.create = create});
}

int say_no_accounts(action const& chosen, config::settings const& settings) {
  fmt::print(stderr, "postern user: there are no accounts yet in {}; `postern user add NAME` makes the first\n",
             auth::account_database_path(settings));
  return chosen.run == user::list ? user::done : user::failed;
}

}  // namespace

int cmd_user(command_line const& line) {
  if (line.args.empty()) return usage(stderr, user::wrong_usage);
  if (line.args[0] == "help" || std::ranges::find(line.args, "--help") != line.args.end())
    return usage(stdout, user::done);
  request what;
  auto const* const chosen = parse_arguments(line.args, what);
  if (chosen == nullptr) return user::wrong_usage;

  auto const settings = load_settings(line);
  if (!settings) return user::say_failure(settings.error().text);
  what.settings = &*settings;
  if (chosen->operands.starts_with("NAME")) {
    auto canonical = auth::load_account_names(*settings).canonical(what.words[0]);
    if (!canonical) return user::say_failure(canonical.error().text);
    what.canonical = std::move(*canonical);
  }
  bool const create = makes_accounts(*chosen);
  auto store = open_store(line, *settings, create);
  bool const is_missing = !store && store.error().system_error == ENOENT;
  if (is_missing && chosen->run == user::unlock) return user::unlock_unknown(what);
  if (is_missing && !create) return say_no_accounts(*chosen, *settings);
  if (!store) return user::say_failure(store.error().text);
  auto const status = chosen->run(*store, what);
  if (status == user::done && ends_logins(*chosen)) user::close_windows(what, chosen->name);
  return status;
}

}  // namespace postern::cli
