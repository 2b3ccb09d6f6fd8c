#pragma once
// Purpose: which mechanisms a session may use, decided once for all sessions that are alike: a session asks three
//          times.
// Concurrency: the loop's thread.

#include <array>
#include <memory>
#include <vector>

#include "receive/service_settings.hpp"

namespace postern::receive {

class mechanism_offers {
 public:
  /// What decide_mechanism_offer() says, announced to the client or not. `number` is another whenever `offered` is.
  std::shared_ptr<smtp::mechanism_offer const> find(std::shared_ptr<service_settings const> const& settings,
                                                    std::vector<sasl::dovecot::mechanism_offer> const& offered,
                                                    std::uint64_t number, login_means const& means, bool announced);

 private:
  // Kept alive, so that the address of other settings is another.
  std::shared_ptr<service_settings const> settings_;
  std::uint64_t number_ = 0;
  std::array<std::shared_ptr<smtp::mechanism_offer const>, 8>
      decided_;  ///< by the three things that sessions differ in
};

}  // namespace postern::receive
