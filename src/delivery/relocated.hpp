#pragma once
// Purpose: relocated_maps: mail for who has moved goes back with the new address, wherever the mail was to go. smtpd
//          says so at RCPT; here it is said of what aliases lead to, and where smtpd was told to look at nobody.
// Errors: a table that cannot be opened or asked makes mail wait.
// Concurrency: none. Tables that ask another program are not asked here; load() warns of them.
// Source: relocated(5), trivial-rewrite(8) of Postfix

#include <optional>
#include <string>

#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "maps/lookup_keys.hpp"
#include "policy/address_class.hpp"
#include "queue/manager.hpp"

namespace postern::delivery {

class relocated_addresses {
 public:
  static relocated_addresses load(config::settings const& settings);
  /// The transport `error` or, when a table fails, `retry`; nothing: it has not moved.
  std::optional<queue::route> find(policy::resolved_address const& to) const;

 private:
  maps::map_list tables_;
  std::string trouble_;
  maps::extension_rules extensions_;
};

}  // namespace postern::delivery
