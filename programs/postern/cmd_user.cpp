// postern user: the accounts of authd's database. Passwords come from a prompt or from standard input, never from the
// command line, where every user of the machine could read them.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>

#include <fmt/format.h>

#include "auth/auth_options.hpp"
#include "auth/password.hpp"
#include "os/directories.hpp"
#include "os/terminal.hpp"

#include "programs/postern/commands.hpp"

namespace postern::cli {
namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;

/// What an action works on.
struct request {
  std::string name;       ///< as typed
  std::string canonical;  ///< as stored
  bool password_from_stdin = false;
};

struct action {
  std::string_view name;
  bool takes_name;
  bool takes_password;
  int (*run)(auth::account_store& store, request const& what);
  std::string_view meaning;
};

int say_failure(std::string_view text) {
  fmt::print(stderr, "postern user: {}\n", text);
  return failed;
}

// ---- the password

/// One line without its line end; what follows it is a mistake, not a part of the password.
result<secret> read_password_line() {
  std::string line;
  line.reserve(4096);  // no reallocation leaves a copy behind
  for (int c = std::getc(stdin); c != EOF && c != '\n' && line.size() < 4096; c = std::getc(stdin)) {
    line += static_cast<char>(c);
  }
  if (line.ends_with('\r')) line.pop_back();
  secret password(std::move(line));
  if (password.empty()) return fail("standard input holds no password");
  return password;
}

result<secret> ask_password(request const& what) {
  if (what.password_from_stdin) return read_password_line();
  auto first = os::read_password(fmt::format("New password for {}: ", what.canonical));
  if (!first) return first;
  auto again = os::read_password("The same again: ");
  if (!again) return again;
  if (first->reveal() != again->reveal()) return fail("the two passwords differ; nothing was changed");
  return first;
}

result<auth::verifier_set> ask_verifiers(request const& what) {
  auto const password = ask_password(what);
  if (!password) return std::unexpected(password.error());
  if (auto good = auth::check_new_password(*password); !good) return std::unexpected(good.error());
  return auth::make_verifiers(*password);
}

// ---- the actions

int tell(result<bool> const& outcome, std::string_view refusal, std::string_view success) {
  if (!outcome) return say_failure(outcome.error().text);
  if (!*outcome) return say_failure(refusal);
  fmt::print("{}\n", success);
  return done;
}

int no_such(request const& what) {
  return say_failure(fmt::format("there is no account {}; `postern user list` shows all", what.canonical));
}

/// -1 when the account's existence is as `wanted`.
int check_existence(auth::account_store& store, request const& what, bool wanted) {
  auto const found = store.load_account(what.canonical);
  if (!found) return say_failure(found.error().text);
  if (found->has_value() == wanted) return -1;
  if (wanted) return no_such(what);
  return say_failure(fmt::format("the account {} exists; `postern user passwd` changes its password", what.canonical));
}

// Existence is asked before the password: nobody types one twice to hear that the name is taken.
int add(auth::account_store& store, request const& what) {
  if (int const status = check_existence(store, what, false); status >= 0) return status;
  auto const verifiers = ask_verifiers(what);
  if (!verifiers) return say_failure(verifiers.error().text);
  return tell(store.add(what.canonical, *verifiers, wall_time::clock::now()),
              fmt::format("the account {} exists", what.canonical), fmt::format("added {}", what.canonical));
}

int passwd(auth::account_store& store, request const& what) {
  if (int const status = check_existence(store, what, true); status >= 0) return status;
  auto const verifiers = ask_verifiers(what);
  if (!verifiers) return say_failure(verifiers.error().text);
  return tell(store.set_verifiers(what.canonical, *verifiers, wall_time::clock::now()),
              fmt::format("there is no account {}", what.canonical),
              fmt::format("changed the password of {}", what.canonical));
}

int set_locked(auth::account_store& store, request const& what, bool locked) {
  return tell(store.set_locked(what.canonical, locked, wall_time::clock::now()),
              fmt::format("there is no account {}", what.canonical),
              fmt::format("{} {}", locked ? "locked" : "unlocked", what.canonical));
}
int lock(auth::account_store& store, request const& what) { return set_locked(store, what, true); }
int unlock(auth::account_store& store, request const& what) { return set_locked(store, what, false); }

int del(auth::account_store& store, request const& what) {
  return tell(store.remove(what.canonical), fmt::format("there is no account {}", what.canonical),
              fmt::format("deleted {}; its mail is left where it is", what.canonical));
}

int list(auth::account_store& store, request const&) {
  auto const all = store.load_list();
  if (!all) return say_failure(all.error().text);
  for (auto const& one : *all) {
    fmt::print("{:<32} {:<7} changed {}\n", one.name, one.locked ? "locked" : "open", format_utc(one.changed));
  }
  return done;
}

constexpr action actions[] = {
    {"add", true, true, add, "make an account"},
    {"passwd", true, true, passwd, "give an account a new password"},
    {"lock", true, false, lock, "let nobody log in to it; it still gets mail"},
    {"unlock", true, false, unlock, "undo that"},
    {"del", true, false, del, "delete the account, not its mail"},
    {"list", false, false, list, "show all accounts"},
};

// ---- the command line

int usage(std::FILE* to, int status) {
  fmt::print(to, "usage: postern user ACTION [NAME] [--password-stdin] [--dir DIR | -c CONFDIR]\n\n");
  for (auto const& one : actions) {
    fmt::print(to, "  {:<8}{:<6}{}\n", one.name, one.takes_name ? "NAME" : "", one.meaning);
  }
  fmt::print(to,
             "\n--password-stdin reads the password from the first line of standard input; without it add and\n"
             "passwd ask for it on the terminal.\n");
  return status;
}

/// The action and its request; nullptr after having said what is wrong.
action const* parse_arguments(std::span<std::string const> words, request& what) {
  auto const* const chosen = std::ranges::find(actions, std::string_view(words[0]), &action::name);
  if (chosen == std::end(actions)) {
    say_failure(fmt::format("there is no action '{}'", words[0]));
    return nullptr;
  }
  for (auto const& word : words.subspan(1)) {
    if (word == "--password-stdin" && chosen->takes_password) {
      what.password_from_stdin = true;
    } else if (word.starts_with("-")) {
      say_failure(fmt::format("{} does not take {}", chosen->name, word));
      return nullptr;
    } else if (what.name.empty() && chosen->takes_name) {
      what.name = word;
    } else {
      // Not repeated: it may well be a password.
      say_failure("one argument too many; a password never stands on the command line");
      return nullptr;
    }
  }
  if (chosen->takes_name && what.name.empty()) {
    say_failure(fmt::format("{} needs the name of an account", chosen->name));
    return nullptr;
  }
  return chosen;
}

result<config::settings> load_settings(command_line const& line) {
  return config::settings::load({.config_dir = line.config_dir,
                                 .private_dir = line.dir,
                                 .main_cf_may_be_missing = !line.dir.empty(),
                                 .tolerate_errors = true,
                                 .program = "postern"});
}

// Only `add` makes a database: the others would make an empty one in a wrong place.
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
  return chosen.run == list ? done : failed;
}

}  // namespace

int cmd_user(command_line const& line) {
  if (line.args.empty()) return usage(stderr, wrong_usage);
  if (line.args[0] == "help" || line.args[0] == "--help") return usage(stdout, done);
  request what;
  auto const* const chosen = parse_arguments(line.args, what);
  if (chosen == nullptr) return wrong_usage;

  auto const settings = load_settings(line);
  if (!settings) return say_failure(settings.error().text);
  if (chosen->takes_name) {
    auto canonical = auth::load_account_names(*settings).canonical(what.name);
    if (!canonical) return say_failure(canonical.error().text);
    what.canonical = std::move(*canonical);
  }
  auto store = open_store(line, *settings, chosen->run == add);
  if (!store && store.error().system_error == ENOENT && chosen->run != add) return say_no_accounts(*chosen, *settings);
  if (!store) return say_failure(store.error().text);
  return chosen->run(*store, what);
}

}  // namespace postern::cli
