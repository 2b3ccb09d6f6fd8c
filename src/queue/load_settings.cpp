#include "queue/load_settings.hpp"

#include <algorithm>
#include <limits>

namespace postern::queue {
namespace {

// In Postfix 0 means no limit here.
unsigned limit_of(config::settings const& from, std::string_view name) {
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  std::int64_t const value = from.integer(name);
  return static_cast<unsigned>(value <= 0 ? most : std::min(value, most));
}

}  // namespace

manager_settings load_manager_settings(config::settings const& from) {
  manager_settings settings;
  settings.retry.minimal_backoff_time = from.duration("minimal_backoff_time");
  settings.retry.maximal_backoff_time = from.duration("maximal_backoff_time");
  settings.retry.queue_run_delay = from.duration("queue_run_delay");
  settings.retry.maximal_queue_lifetime = from.duration("maximal_queue_lifetime");
  settings.retry.bounce_queue_lifetime = from.duration("bounce_queue_lifetime");
  settings.retry.delay_warning_time = from.duration("delay_warning_time");
  settings.scheduling.initial_destination_concurrency = limit_of(from, "initial_destination_concurrency");
  settings.scheduling.default_destination_concurrency_limit = limit_of(from, "default_destination_concurrency_limit");
  settings.destination_recipient_limit = limit_of(from, "default_destination_recipient_limit");
  return settings;
}

}  // namespace postern::queue
