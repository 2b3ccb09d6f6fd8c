#pragma once
// Purpose: notices that this server writes go to whom canonical_maps and virtual_alias_maps say, as mail that comes in
//          does: the sender of a bounced message may be an alias.
// Errors: a table that cannot be asked is a failure; the notice waits. A table without end leaves the address as it is.
// Concurrency: belongs to the thread that writes notices, and may block it.
// Security: a notice is let in by the sender of what it tells about, what its aliases name by them.

#include <memory>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "os/sandbox.hpp"
#include "policy/message_actions.hpp"
#include "queue/message_record.hpp"

namespace postern::delivery {

class notice_addresses {
 public:
  static result<std::shared_ptr<notice_addresses>> load(config::settings const& settings);
  ~notice_addresses();
  /// `actions`: REDIRECT and BCC count.
  result<> apply(queue::envelope& notice, policy::message_actions const& actions = {});

 private:
  struct tables;
  explicit notice_addresses(std::unique_ptr<tables> opened);
  std::unique_ptr<tables> tables_;
};

/// Asks the table and waits for it.
maps::answer ask_table_now(maps::question const& asked);

/// Adds what the tables need of the sandbox.
void ask_for_notice_tables(config::settings const& settings, os::sandbox_rules& rules);

}  // namespace postern::delivery
