#pragma once
// Purpose: the restrictions themselves, as functions; restriction_table.cpp says which name is which.
// Source: postconf(5) of Postfix 3.7 says what each does; its smtpd says in which words.

#include "policy/evaluation.hpp"
#include "policy/restriction.hpp"

namespace postern::policy {

// restrict_generic.cpp
outcome permit_all(evaluation& run, restriction const& one);
outcome reject_all(evaluation& run, restriction const& one);
outcome defer_all(evaluation& run, restriction const& one);
outcome defer_if_permit(evaluation& run, restriction const& one);
outcome defer_if_reject(evaluation& run, restriction const& one);
outcome reject_multi_recipient_bounce(evaluation& run, restriction const& one);
outcome reject_unauth_pipelining(evaluation& run, restriction const& one);
outcome pause(evaluation& run, restriction const& one);

// restrict_service.cpp
outcome check_policy_service(evaluation& run, restriction const& one);

// restrict_client.cpp
outcome permit_inet_interfaces(evaluation& run, restriction const& one);
outcome permit_mynetworks(evaluation& run, restriction const& one);
outcome permit_mail_access(evaluation& run, restriction const& one);
outcome reject_plaintext_session(evaluation& run, restriction const& one);
outcome reject_unknown_client_hostname(evaluation& run, restriction const& one);
outcome reject_unknown_reverse_client_hostname(evaluation& run, restriction const& one);

// restrict_login.cpp
outcome permit_sasl_authenticated(evaluation& run, restriction const& one);
outcome permit_tls_clientcerts(evaluation& run, restriction const& one);
outcome permit_tls_all_clientcerts(evaluation& run, restriction const& one);
outcome reject_authenticated_sender_login_mismatch(evaluation& run, restriction const& one);
outcome reject_unauthenticated_sender_login_mismatch(evaluation& run, restriction const& one);
outcome reject_known_sender_login_mismatch(evaluation& run, restriction const& one);
outcome reject_sender_login_mismatch(evaluation& run, restriction const& one);

// restrict_access.cpp: check_…_access
outcome check_client_access(evaluation& run, restriction const& one);
outcome check_domain_access(evaluation& run, restriction const& one);
outcome check_address_access(evaluation& run, restriction const& one);
outcome check_certificate_access(evaluation& run, restriction const& one);
outcome check_login_access(evaluation& run, restriction const& one);

// restrict_server_access.cpp: check_…_{a,mx,ns}_access
outcome check_server_access(evaluation& run, restriction const& one);

// restrict_names.cpp: the names that clients say
outcome reject_invalid_helo_hostname(evaluation& run, restriction const& one);
outcome reject_non_fqdn_helo_hostname(evaluation& run, restriction const& one);
outcome reject_unknown_helo_hostname(evaluation& run, restriction const& one);
outcome permit_naked_ip_address(evaluation& run, restriction const& one);
outcome reject_non_fqdn_address(evaluation& run, restriction const& one);
outcome reject_unknown_address_domain(evaluation& run, restriction const& one);

// restrict_dns_lists.cpp
outcome reject_listed_client(evaluation& run, restriction const& one);
outcome reject_listed_domain(evaluation& run, restriction const& one);
outcome permit_listed_client(evaluation& run, restriction const& one);
outcome permit_listed_domain(evaluation& run, restriction const& one);
outcome reject_maps_rbl(evaluation& run, restriction const& one);

// restrict_destination.cpp: what is ours
outcome permit_auth_destination(evaluation& run, restriction const& one);
outcome reject_unauth_destination(evaluation& run, restriction const& one);
outcome defer_unauth_destination(evaluation& run, restriction const& one);
outcome check_relay_domains(evaluation& run, restriction const& one);
outcome permit_mx_backup(evaluation& run, restriction const& one);
bool is_authorized_destination(resolved_address const& to);
/// Why `to` is refused to strangers, in a sentence.
std::string explain_relay_denied(resolved_address const& to);

// restrict_listed.cpp: who exists
outcome reject_unlisted_recipient(evaluation& run, restriction const& one);
outcome reject_unlisted_sender(evaluation& run, restriction const& one);
outcome reject_unverified_sender(evaluation& run, restriction const& one);
outcome reject_unverified_recipient(evaluation& run, restriction const& one);
/// The same two as smtpd_reject_unlisted_{recipient,sender} has them, at the end of the lists.
outcome check_recipient_listed(evaluation& run);
outcome check_sender_listed(evaluation& run);

}  // namespace postern::policy
