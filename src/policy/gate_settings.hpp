#pragma once
// Purpose: everything of main.cf that decisions look at, as plain values: lists, tables, reply codes.
// Errors: load() fails only on what makes decisions meaningless (networks and domains that cannot be read, no list that
//         stops strangers); tables that cannot be opened fail the decisions that need them, with 451.
// Concurrency: built once a service, never changed, shared by all its sessions.

#include <memory>
#include <string>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "maps/lookup_keys.hpp"
#include "policy/address_class.hpp"
#include "policy/match_list.hpp"
#include "policy/probe_sender.hpp"
#include "policy/restriction.hpp"

namespace postern::policy {

/// What tempfail actions say: wait whether somebody else refuses for good, or refuse at once.
enum class tempfail : std::uint8_t { defer, defer_if_permit };

/// Which sender addresses who logged in may use, from lax to strict.
enum class ownership_rule : std::uint8_t {
  none,         ///< any
  of_somebody,  ///< his own, and those that are nobody's
  all,          ///< his own
};

struct reply_codes {
  int reject = 554, defer = 450;
  int access_reject = 554, access_defer = 450;
  int invalid_name = 501, non_fqdn = 504, unknown_name = 450, unknown_address = 450, unknown_client = 450;
  int relay = 554, plaintext = 450, dns_list = 554, many_recipients = 550;
  int unknown_local = 550, unknown_alias = 550, unknown_mailbox = 550, unknown_relay_recipient = 550;
  int unverified_sender = 450, unverified_sender_defer = 450;
  int unverified_recipient = 450, unverified_recipient_defer = 450;
};

/// Tables that a parameter names; `trouble` when they cannot be used.
struct parameter_tables {
  maps::map_list tables;
  std::string trouble;
  bool empty() const noexcept { return tables.empty() && trouble.empty(); }
};

struct restriction_lists {
  restriction_list client, helo, sender, relay, recipient, data, end_of_data, etrn;
};

struct gate_settings {
  static result<std::shared_ptr<gate_settings const>> load(config::settings const& settings,
                                                           std::vector<ip_address> const& interfaces);
  /// Everything that answers 451 or is not as written, for the log at start and for `postern check`.
  std::vector<std::string> problems() const;

  /// Every table that the lists and the parameters here name; every policy server.
  std::vector<std::string> table_names() const;
  std::vector<std::string> service_endpoints() const;

  std::vector<restriction_list const*> all_lists() const;
  std::vector<parameter_tables const*> all_tables() const;

  explicit gate_settings(config::settings const& settings) : sources(settings) {}
  restriction_sources sources;
  restriction_lists lists;
  address_resolver addresses;
  network_match_list mynetworks;
  network_match_list backup_networks;  ///< permit_mx_backup_networks
  domain_match_list relay_domains;     ///< by the client's name: check_relay_domains
  domain_match_list flushed_domains;   ///< fast_flush_domains
  std::vector<ip_address> own_addresses;
  reply_codes codes;
  maps::extension_rules extensions;
  std::string null_key = "<>";    ///< smtpd_null_access_lookup_key
  bool access_subdomains = true;  ///< smtpd_access_maps in parent_domain_matches_subdomains
  bool relay_first = true;        ///< smtpd_relay_before_recipient_restrictions
  bool delay_reject = true;       ///< smtpd_delay_reject
  bool sasl_enabled = false;      ///< smtpd_sasl_auth_enable
  bool check_recipients = true;   ///< smtpd_reject_unlisted_recipient
  bool check_senders = false;     ///< smtpd_reject_unlisted_sender
  bool name_tables = true;        ///< show_user_unknown_table_name
  bool proxy_filter = false;      ///< smtpd_proxy_filter is set: some access actions are not to be had
  bool stress = false;            ///< smtpd is overloaded
  bool local_accounts = true;     ///< local_recipient_maps has unix:passwd.byname: accounts and system users count
  ownership_rule ownership = ownership_rule::none;
  tempfail unknown_name_tempfail = tempfail::defer_if_permit;
  tempfail unknown_address_tempfail = tempfail::defer_if_permit;
  tempfail unverified_sender_tempfail = tempfail::defer_if_permit;
  tempfail unverified_recipient_tempfail = tempfail::defer_if_permit;
  std::string unverified_sender_reason, unverified_recipient_reason;
  std::chrono::seconds probe_patience{0};  ///< address_verify_poll_count looks, address_verify_poll_delay apart
  probe_sender probe_from;
  std::string double_bounce_sender;
  std::string list_reply_template;          ///< default_rbl_reply
  std::vector<std::string> old_dns_lists;   ///< maps_rbl_domains
  std::vector<std::string> logged_permits;  ///< smtpd_log_access_permit_actions, lower case
  parameter_tables relay_certificates;      ///< relay_clientcerts
  parameter_tables sender_logins;           ///< smtpd_sender_login_maps
  parameter_tables list_replies;            ///< rbl_reply_maps
  parameter_tables canonical, sender_canonical, recipient_canonical, virtual_alias, relocated;
  parameter_tables local_recipients, virtual_mailboxes, relay_recipients;
};

/// IPv4 networks wider than /8 and IPv6 networks wider than /16 hold strangers, whatever main.cf calls them.
bool holds_strangers(ip_network const& network);

}  // namespace postern::policy
