#pragma once
// Purpose: when a program that died is started again.
// Units: a program that lived for `good_life` or longer is started at once; the n-th early death in a row waits
//        first_delay * 2^(n-1), at most service_throttle_time.

#include <chrono>

namespace postern::service::master {

class restart_schedule {
 public:
  static constexpr auto good_life = std::chrono::milliseconds(1000);
  static constexpr auto first_delay = std::chrono::milliseconds(100);

  explicit restart_schedule(std::chrono::milliseconds longest) : longest_(longest) {}

  /// The pause before the next start. `served`: it had said that it was ready.
  std::chrono::milliseconds on_death(std::chrono::milliseconds lived, bool served);
  unsigned early_deaths() const noexcept { return early_deaths_; }

 private:
  std::chrono::milliseconds longest_;
  unsigned early_deaths_ = 0;
};

}  // namespace postern::service::master
