#include "queue/retry_schedule.hpp"

#include <algorithm>

namespace postern::queue {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

}  // namespace

wall_time decide_next_retry(retry_settings const& settings, wall_time arrival, bool null_sender, wall_time now,
                            double jitter) {
  auto const least = duration_cast<milliseconds>(settings.minimal_backoff_time);
  auto const most = std::max(least, duration_cast<milliseconds>(settings.maximal_backoff_time));
  auto const age = duration_cast<milliseconds>(now - arrival);
  milliseconds const wait = std::clamp(age, least, most);
  // Jitter only adds, and little to short waits: greylisting servers count from the first attempt.
  milliseconds const spread = std::min<milliseconds>(settings.queue_run_delay, wait / 4);
  auto const added = milliseconds(static_cast<std::int64_t>(static_cast<double>(spread.count()) * jitter));
  wall_time const expiry = decide_expiry(settings, arrival, null_sender);
  wall_time const next = now + wait + added;
  return now < expiry ? std::min(next, expiry) : next;
}

wall_time decide_expiry(retry_settings const& settings, wall_time arrival, bool null_sender) {
  return arrival + (null_sender ? std::min(settings.bounce_queue_lifetime, settings.maximal_queue_lifetime)
                                : settings.maximal_queue_lifetime);
}

milliseconds decide_dead_time(retry_settings const& settings, unsigned failures, double jitter) {
  auto const least = duration_cast<milliseconds>(settings.minimal_backoff_time);
  auto const most = std::max(least, duration_cast<milliseconds>(settings.maximal_backoff_time));
  unsigned const doublings = std::min(failures > 0 ? failures - 1 : 0, 20U);
  milliseconds const wait = std::min(least * (std::int64_t{1} << doublings), most);
  return wait + milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) / 4 * jitter));
}

}  // namespace postern::queue
