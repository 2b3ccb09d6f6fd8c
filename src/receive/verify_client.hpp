#pragma once
// Purpose: asks qmgr on private/verify whether an address is deliverable; docs/protocols/verify.md.
// Errors: nothing when qmgr cannot be asked; the log says why, once until it can be asked again.
// Concurrency: the loop's thread; a connection for each question: whoever has no such restriction has no connection.
// Limits: the patience of the question and answer_grace more.

#include <chrono>
#include <optional>
#include <string>

#include "ipc/verify_protocol.hpp"
#include "net/event_loop.hpp"
#include "policy/questions.hpp"

namespace postern::receive {

class verify_client {
 public:
  static constexpr std::chrono::seconds answer_grace{5};

  verify_client(net::event_loop& loop, std::string socket_path) : loop_(loop), socket_path_(std::move(socket_path)) {}

  /// `patience`: how long to wait for a probe.
  net::task<std::optional<ipc::verify_answer>> ask(std::string address, std::chrono::milliseconds patience);

 private:
  std::optional<ipc::verify_answer> away(std::string_view why);

  net::event_loop& loop_;
  std::string socket_path_;
  bool is_away_ = false;
};

/// The answer as policy wants it; `whom` null: nobody can be asked.
net::task<policy::probe_answer> ask_probe(verify_client* whom, policy::probe_question asked);

}  // namespace postern::receive
