#pragma once
// Purpose: fetches the answers to what decisions of policy ask: DNS, tables that block, policy servers, accounts,
//          pauses, anvil's windows.
// Errors: what could not be asked is answered as such; a decision never waits for ever.
// Concurrency: the loop's thread; one asker a session.
// Limits: each question has the deadline of whom it is asked: resolver, table, policy server, authd, anvil.

#include <string>
#include <utility>

#include "policy/questions.hpp"
#include "receive/anvil_watch.hpp"
#include "receive/service_settings.hpp"
#include "receive/smtp_server.hpp"

namespace postern::receive {

class policy_asker {
 public:
  /// All outlive this.
  policy_asker(server_parts const& parts, service_settings const& settings, anvil_watch& anvil)
      : parts_(parts), settings_(settings), anvil_(anvil) {}

  net::task<> fetch(policy::question asked, policy::answers* into);

  /// Runs a decision until it has all its answers. `decide` takes the memo and gives a decision or a question.
  template <class Decide>
  net::task<typename std::invoke_result_t<Decide&, policy::answers&>::value_type> settle(Decide decide) {
    policy::answers known;
    for (;;) {
      auto said = decide(known);
      if (said) co_return std::move(*said);
      co_await fetch(std::move(said.error()), &known);
    }
  }

 private:
  net::task<policy::mail_access_answer> find_window(policy::mail_access_question asked);

  server_parts const& parts_;
  service_settings const& settings_;
  anvil_watch& anvil_;
};

}  // namespace postern::receive
