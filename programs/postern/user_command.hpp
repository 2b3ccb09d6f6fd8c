#pragma once
// Purpose: what the actions of `postern user` have in common: their request, their row, how they speak.
// Layout: cmd_user.cpp has the table and the command line; user_accounts.cpp, user_apps.cpp, user_unlock.cpp and
//         user_import.cpp the actions.
// Errors: a sentence on stderr and status `failed`; nothing is half done.
// Security: passwords come from a prompt or from standard input, never from the command line, where every user of the
//           machine could read them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/account_store.hpp"
#include "auth/password.hpp"
#include "config/settings.hpp"

namespace postern::cli::user {

inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int wrong_usage = 2;

/// The options that an action takes.
enum option : std::uint8_t {
  no_option = 0,
  password_stdin = 1,
  limits = 2,       ///< --scope, --network, --expires
  import_from = 4,  ///< --format, --default-scheme
};

struct request {
  std::vector<std::string> words;  ///< the action's operands as typed
  std::string canonical;           ///< the first operand, when it is an account, as it is stored
  bool password_from_stdin = false;
  std::string scopes;
  std::vector<std::string> networks;
  std::string expires;
  std::string format;
  std::string default_scheme = "CRYPT";
  config::settings const* settings = nullptr;
};

struct action {
  std::string_view name;
  std::string_view operands;  ///< "NAME APP": how many words it takes; the first one NAME is an account
  std::uint8_t options;
  int (*run)(auth::account_store& store, request const& what);
  std::string_view meaning;
};

int say_failure(std::string_view text);
int say_no_account(std::string_view name);
/// Says what became of a change: `refusal` when it is false.
int tell(result<bool> const& outcome, std::string_view refusal, std::string_view success);
/// The account behind a name or alias; says so when there is none, and gives nothing.
std::optional<auth::account> find_account(auth::account_store& store, std::string const& name);
/// "2026-11-21T10:00:00Z", or "never".
std::string format_when(std::optional<wall_time> when);

// user_accounts.cpp
int add(auth::account_store& store, request const& what);
int passwd(auth::account_store& store, request const& what);
int lock(auth::account_store& store, request const& what);
int expire(auth::account_store& store, request const& what);
int del(auth::account_store& store, request const& what);
int list(auth::account_store& store, request const& what);
int show(auth::account_store& store, request const& what);
int alias_add(auth::account_store& store, request const& what);
int alias_del(auth::account_store& store, request const& what);
// user_unlock.cpp
int unlock(auth::account_store& store, request const& what);
/// Of a name that is no account of ours.
int unlock_unknown(request const& what);
/// The account's credentials changed: logins made with the old ones let nobody send any more.
void close_windows(request const& what, std::string_view reason);
// user_apps.cpp
int app_add(auth::account_store& store, request const& what);
int app_list(auth::account_store& store, request const& what);
int app_revoke(auth::account_store& store, request const& what);
void print_app_password(auth::credential const& one);
// user_import.cpp
int import_accounts(auth::account_store& store, request const& what);

}  // namespace postern::cli::user
