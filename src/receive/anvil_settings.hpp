#pragma once
// Purpose: what one service of smtpd limits per client and account, and whom it believes about roaming users.
// Errors: load_anvil_settings() fails on networks that cannot be read; tables of owners that cannot be opened are told
//         in `login_trouble`, and no window admits anybody then; those of countries in the log, and none are counted.
// Source: smtpd_client_*_limit of postconf(5); roaming_*, account_* are ours.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "maps/lookup_keys.hpp"
#include "os/sandbox.hpp"
#include "policy/address_class.hpp"
#include "policy/match_list.hpp"

namespace postern::receive {

struct anvil_settings {
  /// 0: no limit.
  struct client_limits {
    std::uint64_t connection_count = 0;
    std::uint64_t connection_rate = 0;
    std::uint64_t message_rate = 0;
    std::uint64_t recipient_rate = 0;
    std::uint64_t new_tls_session_rate = 0;
    std::uint64_t auth_rate = 0;
  } client;
  std::uint64_t account_message_rate = 0;    ///< smtpd_sasl_message_rate_limit
  std::uint64_t account_recipient_rate = 0;  ///< smtpd_sasl_recipient_rate_limit
  policy::network_match_list excepted_networks;
  policy::domain_match_list excepted_names;

  std::string host_name;             ///< in 421 replies
  std::string service_name;          ///< limits are per service
  bool watches_accounts = false;     ///< some account_*_limit is set
  maps::map_list countries;          ///< account_country_maps
  bool trusts_unwatched = true;      ///< account_limit_default_action = accept
  std::chrono::seconds patience{2};  ///< anvil_answer_timeout

  bool windows_check_sender = true;       ///< roaming_sender_check = strict
  std::uint64_t window_message_rate = 0;  ///< roaming_message_rate_limit
  maps::map_list sender_logins;           ///< smtpd_sender_login_maps
  std::string login_trouble;
  maps::extension_rules extensions;
  policy::address_resolver addresses;
};

result<anvil_settings> load_anvil_settings(config::settings const& settings, std::vector<ip_address> const& interfaces);

/// The tables of account_country_maps.
void ask_for_anvil_tables(config::settings const& settings, os::sandbox_rules& rules);

}  // namespace postern::receive
