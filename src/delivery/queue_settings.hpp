#pragma once
// Purpose: what qmgr knows of the configuration, as plain values.

#include <memory>
#include <string>

#include "config/settings.hpp"
#include "delivery/notice_addresses.hpp"
#include "queue/manager.hpp"

namespace postern::delivery {

class notice_checks;

struct queue_settings {
  queue::manager_settings manager;
  std::string spool_directory;  ///< queue_directory/spool
  std::string private_directory;
  std::string host_name;
  std::string mail_name;
  std::string error_notice_recipient;           ///< hears of held accounts
  std::shared_ptr<notice_checks const> checks;  ///< null: notices are not looked at
  std::shared_ptr<notice_addresses> addresses;  ///< who gets notices; null: as they are addressed
  bool soft_bounce = false;                     ///< what would bounce waits: for trying out a configuration
  std::size_t bounce_size_limit = 50'000;
  std::uint64_t segment_octets =
      64U << 20;  ///< spool_segment_size: a segment that has grown to this is followed by another
};

queue_settings load_queue_settings(config::settings const& settings);

}  // namespace postern::delivery
