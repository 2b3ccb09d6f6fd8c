#pragma once
// Purpose: a front end's line to anvil: one connection, many questions on it, made again when it breaks.
// Errors: nothing (or a sentence) when anvil is away or says nothing within `patience`. What that means is the
//         caller's: rates go on as if there were none; a window that nobody vouches for is no window; for accounts see
//         account_limit_default_action. docs/abuse.md Concurrency: the loop's thread. What is asked while anvil starts
//         anew is asked again, so nobody sees the restart; when one question has waited in vain the next ones do not
//         wait until anvil is back.
// Limits: `patience` for every answer; 10,000 held accounts are remembered.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipc/anvil_protocol.hpp"
#include "net/one_shot.hpp"
#include "net/task_scope.hpp"

namespace postern::ipc {

class anvil_client {
 public:
  anvil_client(net::event_loop& loop, std::string socket_path, std::chrono::milliseconds patience);

  /// Keeps the connection; runs until cancelled.
  net::task<> run();

  /// The answer to any request that has one.
  net::task<std::optional<anvil_answer>> ask(anvil_request request);
  /// A request that has no answer; lost when anvil is away.
  void tell(anvil_request const& request);

  /// Counts an event of a client. After a `connection` call left() when it ends.
  net::task<std::optional<client_counts>> count(count_event event);
  void left(std::string const& service, std::string const& client);

  net::task<std::optional<std::vector<roaming_window>>> find_windows(std::string address);
  net::task<std::optional<client_counts>> use_window(window_use use);
  /// For programs that log people in (imapd, pop3d). Answers when the window outlasts a crash.
  net::task<result<>> open_window(window_opening window);
  net::task<result<std::uint64_t>> close_windows(window_closing which);

  net::task<std::optional<login_delay>> check_login(login_query query);
  net::task<std::optional<account_verdict>> use_account(account_use use);
  /// For when anvil is away: why it held this account when it was last asked here; null when it did not.
  std::string const* remembered_hold(std::string const& account) const;

 private:
  net::task<> converse();
  void answer(numbered<anvil_answer> in);

  net::event_loop& loop_;
  std::string socket_path_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<channel> channel_;
  struct question {
    anvil_request request;  ///< asked again when the connection is made again
    net::one_shot<anvil_answer>* waiter = nullptr;
  };
  std::map<std::uint64_t, question> waiting_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> standing_;  ///< (service, client): open connections
  std::map<std::string, std::string> held_accounts_;                       ///< account, reason
  std::uint64_t last_number_ = 0;
  bool hopeless_ = false;  ///< a question waited in vain, and nothing came since
};

/// For commands: blocks until the answer is there.
result<anvil_answer> ask_anvil(std::string const& socket_path, anvil_request const& request);
/// Likewise, for what changes something: how many it changed.
result<std::uint64_t> command_anvil(std::string const& socket_path, anvil_request const& request);

}  // namespace postern::ipc
