#include "service/master/restart_schedule.hpp"

#include <algorithm>

namespace postern::service::master {

std::chrono::milliseconds restart_schedule::on_death(std::chrono::milliseconds lived, bool served) {
  if (served && lived >= good_life) {
    early_deaths_ = 0;
    return std::chrono::milliseconds(0);
  }
  constexpr unsigned doublings_max = 20;
  auto delay = first_delay * (1U << std::min(early_deaths_, doublings_max));
  ++early_deaths_;
  return std::min<std::chrono::milliseconds>(delay, longest_);
}

}  // namespace postern::service::master
