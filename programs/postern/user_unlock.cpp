// postern user unlock: undoes `postern user lock`, and what anvil did to an account that sent unusual mail. And: what a
// change of an account means for the roaming windows that rest on it.
#include <cstdio>

#include <fmt/format.h>

#include "base/text.hpp"
#include "delivery/queue_client.hpp"
#include "ipc/anvil_client.hpp"

#include "programs/postern/user_command.hpp"

namespace postern::cli::user {
namespace {

std::string public_socket(request const& what, std::string_view name) {
  return what.settings->text("queue_directory") + "/public/" + std::string(name);
}

/// How many it changed.
result<std::uint64_t> command_anvil(request const& what, ipc::anvil_request const& request) {
  return ipc::command_anvil(public_socket(what, "anvil-admin"), request);
}

/// True: nothing is left that holds the account's mail.
bool release_mail(request const& what, std::string const& name) {
  auto const released =
      delivery::ask_queue(public_socket(what, "qmgr-admin"), {ipc::queue_verb::release_account, name, {}}, {});
  if (!released || !released->ok) {
    say_failure(
        fmt::format("the mail of {} is still held: {}", name, released ? released->text : released.error().text));
    return false;
  }
  fmt::print("released {} held message{} of {}\n", released->count, released->count == 1 ? "" : "s", name);
  return true;
}

int unlock_held(request const& what, std::string const& name) {
  auto const released = command_anvil(what, ipc::account_release{name});
  if (!released) {
    fmt::print(stderr, "postern user: {}; if its mail is held, unlock it again once the server runs\n",
               released.error().text);
    return done;
  }
  // Asked for each time: the last unlock may have been cut short.
  return release_mail(what, name) ? done : failed;
}

}  // namespace

int unlock(auth::account_store& store, request const& what) {
  auto const found = store.load_account(what.canonical);
  if (!found) return say_failure(found.error().text);
  // Cyrus SASL's users send mail too, and have no account of ours.
  if (!*found) return unlock_unknown(what);
  auto const& name = (*found)->name;
  auto const told = tell(store.set_locked(name, false, wall_time::clock::now()),
                         fmt::format("there is no account {}", name), fmt::format("unlocked {}", name));
  return told == done ? unlock_held(what, name) : told;
}

int unlock_unknown(request const& what) {
  auto const released = command_anvil(what, ipc::account_release{what.canonical});
  if (!released || *released == 0) return say_no_account(what.canonical);
  fmt::print("unlocked {}\n", what.canonical);
  return release_mail(what, what.canonical) ? done : failed;
}

void close_windows(request const& what, std::string_view reason) {
  // authd closes them too, as soon as it sees the change; without a server there is nothing to close.
  (void)command_anvil(what, ipc::window_closing{what.canonical, {}, std::string(reason)});
}

}  // namespace postern::cli::user
