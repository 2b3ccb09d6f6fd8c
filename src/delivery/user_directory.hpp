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
  /// `auth_socket` empty: there are no accounts, only system users.
  user_directory(net::event_loop& loop, worker_pool& workers, std::string auth_socket, bool system_users);

  /// `name` is a folded local-part without extension, `domain` that of the recipient.
  net::task<result<std::optional<local_user>>> find(std::string name, std::string domain);

 private:
  net::task<result<std::optional<local_user>>> ask_authd(std::string login);

  net::event_loop& loop_;
  worker_pool& workers_;
  std::string auth_socket_;
  bool system_users_;
};

}  // namespace postern::delivery
