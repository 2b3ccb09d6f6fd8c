#pragma once
// Purpose: probes one address: finds out, as for mail, whom it stands for and where that goes, and has the delivery
//          program speak with whoever takes it, as far as RCPT. No message is made.
// Errors: what cannot be asked (a table, a delivery program) is a deferral with the reason.
// Concurrency: the loop's thread; tables are asked in a worker thread. It has connections of its own to the delivery
//              programs, so that a probe cannot get between mail and its answers.
// Limits: lane_max probes at once to one next hop, the others wait for them; an address that stands for many is
//         deliverable with the first that is, targets_max are tried.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "delivery/address_verifier.hpp"
#include "delivery/notice_addresses.hpp"
#include "delivery/route.hpp"
#include "delivery/transport_link.hpp"
#include "delivery/worker_pool.hpp"
#include "policy/probe_sender.hpp"

namespace postern::delivery {

class address_prober {
 public:
  static constexpr unsigned lane_max = 5;  ///< as initial_destination_concurrency has it for mail
  static constexpr std::size_t targets_max = 10;

  struct parts {
    router routes;  ///< of probes: address_verify_*_transport
    policy::probe_sender sender;
    std::shared_ptr<notice_addresses> aliases;  ///< null: an address stands for itself
    std::unordered_map<std::string, std::string> transports;
  };
  address_prober(net::event_loop& loop, parts from);

  net::task<address_verifier::finding> probe(std::string address);
  net::task<bool> stop(std::chrono::milliseconds within);

 private:
  /// Probes to one next hop.
  struct lane {
    unsigned running = 0;
    std::deque<net::parked*> waiting;
  };
  using finding = address_verifier::finding;
  result<std::vector<queue::recipient>> expand(std::string const& address);
  net::task<finding> probe_target(queue::recipient to);
  net::task<finding> ask_program(transport_link& program, queue::route by, queue::recipient to);
  transport_link* find_program(std::string const& transport);

  net::event_loop& loop_;
  parts parts_;
  worker_pool workers_;
  std::unordered_map<std::string, std::unique_ptr<transport_link>> links_;
  std::unordered_map<std::uint64_t, net::one_shot<finding>*> waiting_;  ///< by request
  std::map<std::pair<std::string, std::string>, lane> lanes_;           ///< by transport and next hop
  std::uint64_t last_request_ = 0;
  net::task_scope tasks_;
};

}  // namespace postern::delivery
