#pragma once
// Purpose: which addresses are known to be deliverable: answers from memory, has an address probed when it does not
//          know it or when what it knows is old, and lets everybody who asks for it wait for the one probe.
// Durability: what the keeper has; a loss costs a probe.
// Concurrency: the loop's thread; one probe an address at a time.
// Limits: probes_max addresses are probed at once: a question beyond that is answered by what is known, which may be
//         nothing. A probe that tells nothing within probe_limit is given up. Addresses of over address_octets_max are
//         probed and not remembered.
// Source: verify(8).

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "delivery/probe_record.hpp"
#include "maps/keeper.hpp"
#include "net/one_shot.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {

struct verifier_settings {
  probe_ages ages;
  std::size_t probes_max = 5000;  ///< address_verify_pending_request_limit
};

class address_verifier {
 public:
  /// Above Postfix's PROBE_TTL nobody waits.
  static constexpr std::chrono::seconds probe_limit{1000};
  static constexpr std::size_t address_octets_max = 400;

  struct finding {
    ipc::verify_status status = ipc::verify_status::deferred;
    std::string text;
  };
  using prober = std::function<net::task<finding>(std::string address)>;

  /// `memory` outlives this.
  address_verifier(net::event_loop& loop, maps::keeper& memory, verifier_settings settings, prober probe);

  /// Waits for a probe for as long as the query says.
  net::task<ipc::verify_answer> ask(ipc::verify_query query);
  std::size_t probes() const noexcept { return under_way_.size(); }
  /// Forgets what has expired. Takes time: for a thread of its own, with the memory's leave.
  static std::size_t forget_expired(maps::keeper& memory, probe_ages const& ages, wall_time now);
  net::task<bool> stop(std::chrono::milliseconds within);

 private:
  using waiter = net::one_shot<finding>;
  bool begin_probe(std::string const& key, std::string const& address, waiter* for_whom);
  net::task<> probe(std::string key, std::string address);
  std::optional<probe_record> recall(std::string const& key) const;
  void settle(std::string const& key, wall_time begun, finding const& found);

  net::event_loop& loop_;
  maps::keeper& memory_;
  verifier_settings settings_;
  prober probe_;
  std::unordered_map<std::string, std::vector<waiter*>> under_way_;  ///< by address
  net::task_scope probes_;
};

}  // namespace postern::delivery
