#pragma once
// Purpose: when to try again and when to give up. Pure.
// Source: Postfix's parameters of the same names; the wait is the message's age between the two bounds, as there.

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/time.hpp"

namespace postern::queue {

struct retry_settings {
  std::chrono::seconds minimal_backoff_time{300};
  std::chrono::seconds maximal_backoff_time{4000};
  std::chrono::seconds queue_run_delay{300};  ///< the most that jitter adds
  std::chrono::seconds maximal_queue_lifetime{5 * 86400};
  std::chrono::seconds bounce_queue_lifetime{5 * 86400};
  std::chrono::seconds delay_warning_time{0};  ///< 0: no delay notices
};

/// A number in [0, 1): std::uniform_real_distribution in the program, a constant in tests.
using jitter_source = std::function<double()>;

/// Next attempt of a message that came at `arrival`; never after its expiry, so that the last attempt is made then.
wall_time decide_next_retry(retry_settings const& settings, wall_time arrival, bool null_sender, wall_time now,
                            double jitter);
wall_time decide_expiry(retry_settings const& settings, wall_time arrival, bool null_sender);
/// How long a destination stays dead after `failures` (1, 2, …) in a row.
std::chrono::milliseconds decide_dead_time(retry_settings const& settings, unsigned failures, double jitter);

}  // namespace postern::queue
