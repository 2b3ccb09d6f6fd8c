#pragma once
// Purpose: delivers one request by SMTP: finds the hosts, opens or reuses a connection, goes on to the next host when
//          one fails, logs and answers for every recipient.
// Concurrency: the loop's thread; any number of deliveries side by side.
// Source: [RFC 5321 §4.5.4.1, §5.1]; smtp_mx_session_limit, smtp_fallback_relay.

#include <memory>
#include <string>

#include "delivery/connection_cache.hpp"
#include "delivery/host_list.hpp"
#include "delivery/smtp_settings.hpp"
#include "ipc/delivery_protocol.hpp"
#include "net/resolver.hpp"

namespace postern::delivery {

class smtp_client {
 public:
  smtp_client(net::event_loop& loop, smtp_settings settings, net::resolver& names);

  net::task<ipc::delivery_answer> deliver(ipc::delivery_request request, os::unique_fd segment);
  /// Ends idle connections.
  net::task<bool> stop(std::chrono::milliseconds within);
  smtp_settings const& settings() const noexcept { return settings_; }

 private:
  class attempt;

  net::event_loop& loop_;
  smtp_settings settings_;
  net::resolver& names_;
  connection_cache cache_;
  std::unique_ptr<maps::lookup_pool> lookups_;  ///< for what rewrites; null without it
};

}  // namespace postern::delivery
