#include "delivery/queue_settings.hpp"

namespace postern::delivery {

queue_settings load_queue_settings(config::settings const& settings) {
  queue_settings out;
  auto& retry = out.manager.retry;
  retry.minimal_backoff_time = settings.duration("minimal_backoff_time");
  retry.maximal_backoff_time = settings.duration("maximal_backoff_time");
  retry.queue_run_delay = settings.duration("queue_run_delay");
  retry.maximal_queue_lifetime = settings.duration("maximal_queue_lifetime");
  retry.bounce_queue_lifetime = settings.duration("bounce_queue_lifetime");
  retry.delay_warning_time = settings.duration("delay_warning_time");
  auto& scheduling = out.manager.scheduling;
  auto count = [&](char const* name) { return static_cast<unsigned>(settings.integer(name)); };
  scheduling.initial_destination_concurrency = count("initial_destination_concurrency");
  scheduling.default_destination_concurrency_limit = count("default_destination_concurrency_limit");
  // 0 means no limit in Postfix.
  if (scheduling.default_destination_concurrency_limit == 0) {
    scheduling.default_destination_concurrency_limit = scheduling.deliveries_max;
  }
  auto recipients = count("default_destination_recipient_limit");
  out.manager.destination_recipient_limit = recipients == 0 ? 1000 : recipients;
  out.spool_directory = settings.text("queue_directory") + "/spool";
  out.private_directory = settings.text("queue_directory") + "/private";
  out.host_name = settings.text("myhostname");
  out.mail_name = settings.text("mail_name");
  out.error_notice_recipient = settings.text("error_notice_recipient");
  out.soft_bounce = settings.boolean("soft_bounce");
  out.segment_octets = static_cast<std::uint64_t>(settings.integer("spool_segment_size"));
  out.bounce_size_limit = static_cast<std::size_t>(settings.integer("bounce_size_limit"));
  return out;
}

}  // namespace postern::delivery
