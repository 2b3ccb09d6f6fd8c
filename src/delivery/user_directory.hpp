#pragma once
// Purpose: finds out whether a local user exists: asks authd for accounts, then the system's user database.
// Errors: "could not ask" is told apart from "nobody": the one defers the mail, the other bounces it.
// Concurrency: the loop's thread; the system's database is asked in a worker thread.
// Source: USER of Dovecot's userdb protocol, as docs/protocols/auth.md has it.

#include <optional>
#include <string>

#include "base/result.hpp"
#include "delivery/mailbox.hpp"
#include "delivery/worker_pool.hpp"
#include "net/event_loop.hpp"

namespace postern::delivery {

class user_directory {
 public:
  /// `auth_socket` empty: there are no accounts, only system users. `wants_homes`: mail of a system user goes to the
  /// home, so whoever authd knows is looked up there too.
  user_directory(net::event_loop& loop, worker_pool& workers, std::string auth_socket, bool wants_homes);

  /// `names` as candidate_names() gives them; the last one is the system user's.
  net::task<result<std::optional<local_user>>> find(std::vector<std::string> names);

 private:
  net::task<result<std::optional<local_user>>> ask_authd(std::string login);

  net::event_loop& loop_;
  worker_pool& workers_;
  std::string auth_socket_;
  bool wants_homes_;
};

}  // namespace postern::delivery
