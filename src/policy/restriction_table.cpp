// Every restriction that a list may name, in the order of postconf(5).
#include <array>
#include <string>
#include <unordered_map>

#include "base/text.hpp"
#include "policy/restrictions.hpp"

namespace postern::policy {
namespace {

using enum argument_kind;
using enum aspect;
using enum dns_kind;
constexpr auto stops = stop::strangers;
constexpr auto passes = stop::nobody;

// clang-format off
constexpr std::array rows{
    // anywhere
    restriction_row{"permit", none, permit_all},
    restriction_row{"reject", none, reject_all, any, {}, stops},
    restriction_row{"defer", none, defer_all, any, {}, stops},
    restriction_row{"defer_if_permit", none, defer_if_permit, any, {}, stops},
    restriction_row{"defer_if_reject", none, defer_if_reject},
    restriction_row{"warn_if_reject", next},
    restriction_row{"check_policy_service", service, check_policy_service},
    restriction_row{"permit_inet_interfaces", none, permit_inet_interfaces},
    restriction_row{"permit_mynetworks", none, permit_mynetworks},
    restriction_row{"permit_sasl_authenticated", none, permit_sasl_authenticated},
    restriction_row{"permit_mail_access", none, permit_mail_access},
    restriction_row{"reject_multi_recipient_bounce", none, reject_multi_recipient_bounce},
    restriction_row{"reject_plaintext_session", none, reject_plaintext_session},
    restriction_row{"reject_unauth_pipelining", none, reject_unauth_pipelining},
    restriction_row{"sleep", seconds, pause},
    // smtpd_client_restrictions
    restriction_row{"check_ccert_access", tables_by_order, check_certificate_access, certificate},
    restriction_row{"check_client_access", table, check_client_access, client},
    restriction_row{"check_client_a_access", table, check_server_access, client, host_addresses},
    restriction_row{"check_client_mx_access", table, check_server_access, client, mail_exchangers},
    restriction_row{"check_client_ns_access", table, check_server_access, client, name_servers},
    restriction_row{"check_reverse_client_hostname_access", table, check_client_access, reverse_client},
    restriction_row{"check_reverse_client_hostname_a_access", table, check_server_access, reverse_client, host_addresses},
    restriction_row{"check_reverse_client_hostname_mx_access", table, check_server_access, reverse_client, mail_exchangers},
    restriction_row{"check_reverse_client_hostname_ns_access", table, check_server_access, reverse_client, name_servers},
    restriction_row{"check_sasl_access", table, check_login_access, login},
    restriction_row{"permit_tls_all_clientcerts", none, permit_tls_all_clientcerts},
    restriction_row{"permit_tls_clientcerts", none, permit_tls_clientcerts},
    restriction_row{"reject_rbl_client", dns_list, reject_listed_client, client},
    restriction_row{"permit_dnswl_client", dns_list, permit_listed_client, client},
    restriction_row{"reject_rhsbl_client", dns_list, reject_listed_domain, client},
    restriction_row{"permit_rhswl_client", dns_list, permit_listed_domain, client},
    restriction_row{"reject_rhsbl_reverse_client", dns_list, reject_listed_domain, reverse_client},
    restriction_row{"reject_unknown_client_hostname", none, reject_unknown_client_hostname},
    restriction_row{"reject_unknown_reverse_client_hostname", none, reject_unknown_reverse_client_hostname},
    // smtpd_helo_restrictions
    restriction_row{"check_helo_access", table, check_domain_access, helo},
    restriction_row{"check_helo_a_access", table, check_server_access, helo, host_addresses},
    restriction_row{"check_helo_mx_access", table, check_server_access, helo, mail_exchangers},
    restriction_row{"check_helo_ns_access", table, check_server_access, helo, name_servers},
    restriction_row{"reject_invalid_helo_hostname", none, reject_invalid_helo_hostname},
    restriction_row{"reject_non_fqdn_helo_hostname", none, reject_non_fqdn_helo_hostname},
    restriction_row{"reject_rhsbl_helo", dns_list, reject_listed_domain, helo},
    restriction_row{"reject_unknown_helo_hostname", none, reject_unknown_helo_hostname},
    // smtpd_sender_restrictions
    restriction_row{"check_sender_access", table, check_address_access, sender},
    restriction_row{"check_sender_a_access", table, check_server_access, sender, host_addresses},
    restriction_row{"check_sender_mx_access", table, check_server_access, sender, mail_exchangers},
    restriction_row{"check_sender_ns_access", table, check_server_access, sender, name_servers},
    restriction_row{"reject_authenticated_sender_login_mismatch", none, reject_authenticated_sender_login_mismatch},
    restriction_row{"reject_known_sender_login_mismatch", none, reject_known_sender_login_mismatch},
    restriction_row{"reject_non_fqdn_sender", none, reject_non_fqdn_address, sender},
    restriction_row{"reject_rhsbl_sender", dns_list, reject_listed_domain, sender},
    restriction_row{"reject_sender_login_mismatch", none, reject_sender_login_mismatch},
    restriction_row{"reject_unauthenticated_sender_login_mismatch", none, reject_unauthenticated_sender_login_mismatch},
    restriction_row{"reject_unknown_sender_domain", none, reject_unknown_address_domain, sender},
    restriction_row{"reject_unlisted_sender", none, reject_unlisted_sender},
    restriction_row{"reject_unverified_sender", none, reject_unverified_sender},
    // smtpd_relay_restrictions, smtpd_recipient_restrictions
    restriction_row{"check_recipient_access", table, check_address_access, recipient},
    restriction_row{"check_recipient_a_access", table, check_server_access, recipient, host_addresses},
    restriction_row{"check_recipient_mx_access", table, check_server_access, recipient, mail_exchangers},
    restriction_row{"check_recipient_ns_access", table, check_server_access, recipient, name_servers},
    restriction_row{"permit_auth_destination", none, permit_auth_destination},
    restriction_row{"permit_mx_backup", none, permit_mx_backup},
    restriction_row{"reject_non_fqdn_recipient", none, reject_non_fqdn_address, recipient},
    restriction_row{"reject_rhsbl_recipient", dns_list, reject_listed_domain, recipient},
    restriction_row{"reject_unauth_destination", none, reject_unauth_destination, any, {}, stops},
    restriction_row{"defer_unauth_destination", none, defer_unauth_destination, any, {}, stops},
    restriction_row{"reject_unknown_recipient_domain", none, reject_unknown_address_domain, recipient},
    restriction_row{"reject_unlisted_recipient", none, reject_unlisted_recipient},
    restriction_row{"reject_unverified_recipient", none, reject_unverified_recipient},
    // smtpd_etrn_restrictions
    restriction_row{"check_etrn_access", table, check_domain_access, etrn},
    // names of old
    restriction_row{"reject_unknown_client", none, reject_unknown_client_hostname, any, {}, passes, "reject_unknown_client_hostname"},
    restriction_row{"reject_rbl", dns_list, reject_listed_client, client, {}, passes, "reject_rbl_client"},
    restriction_row{"reject_maps_rbl", none, reject_maps_rbl, client, {}, passes, "reject_rbl_client DOMAIN"},
    restriction_row{"reject_invalid_hostname", none, reject_invalid_helo_hostname, any, {}, passes, "reject_invalid_helo_hostname"},
    restriction_row{"reject_non_fqdn_hostname", none, reject_non_fqdn_helo_hostname, any, {}, passes, "reject_non_fqdn_helo_hostname"},
    restriction_row{"reject_unknown_hostname", none, reject_unknown_helo_hostname, any, {}, passes, "reject_unknown_helo_hostname"},
    restriction_row{"permit_naked_ip_address", none, permit_naked_ip_address, any, {}, passes, "permit_mynetworks or permit_sasl_authenticated"},
    restriction_row{"reject_unknown_address", none, reject_unknown_address_domain, sender, {}, passes, "reject_unknown_sender_domain"},
    restriction_row{"check_recipient_maps", none, reject_unlisted_recipient, any, {}, passes, "reject_unlisted_recipient"},
    restriction_row{"check_relay_domains", none, check_relay_domains, any, {}, stops, "reject_unauth_destination"},
};
// clang-format on

}  // namespace

std::span<restriction_row const> restriction_table() { return rows; }

restriction_row const* find_restriction(std::string_view name) {
  static auto const by_name = [] {
    std::unordered_map<std::string_view, restriction_row const*> out;
    for (auto const& row : rows) out.emplace(row.name, &row);
    return out;
  }();
  auto place = by_name.find(name);
  if (place == by_name.end()) place = by_name.find(lowercase(name));
  return place == by_name.end() ? nullptr : place->second;
}

}  // namespace postern::policy
