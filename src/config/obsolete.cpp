#include <algorithm>
#include <array>

#include "config/parameter.hpp"

namespace postern::config {
namespace {

// Sorted by name. Names that are also rows of a table keep working by themselves; those that a default value of their
// successor mentions do so through it; the others name the successor in the third column.
constexpr std::array names{
    obsolete_name{"authorized_verp_clients", "smtpd_authorized_verp_clients", ""},
    obsolete_name{"fallback_relay", "smtp_fallback_relay", ""},
    obsolete_name{"lmtp_cache_connection", "lmtp_connection_cache_on_demand", "lmtp_connection_cache_on_demand"},
    obsolete_name{"lmtp_enforce_tls", "lmtp_tls_security_level = encrypt", ""},
    obsolete_name{"lmtp_per_record_deadline", "lmtp_per_request_deadline", ""},
    obsolete_name{"lmtp_tls_per_site", "lmtp_tls_policy_maps", ""},
    obsolete_name{"lmtp_use_tls", "lmtp_tls_security_level = may", ""},
    obsolete_name{"maps_rbl_domains", "reject_rbl_client DOMAIN in smtpd_client_restrictions", ""},
    obsolete_name{"postscreen_blacklist_action", "postscreen_denylist_action", ""},
    obsolete_name{"postscreen_dnsbl_ttl", "postscreen_dnsbl_max_ttl", ""},
    obsolete_name{"postscreen_dnsbl_whitelist_threshold", "postscreen_dnsbl_allowlist_threshold", ""},
    obsolete_name{"postscreen_enforce_tls", "postscreen_tls_security_level = encrypt", ""},
    obsolete_name{"postscreen_use_tls", "postscreen_tls_security_level = may", ""},
    obsolete_name{"postscreen_whitelist_interfaces", "postscreen_allowlist_interfaces", ""},
    obsolete_name{"program_directory", "daemon_directory", "daemon_directory"},
    obsolete_name{"smtp_enforce_tls", "smtp_tls_security_level = encrypt", ""},
    obsolete_name{"smtp_per_record_deadline", "smtp_per_request_deadline", ""},
    obsolete_name{"smtp_tls_cipherlist", "smtp_tls_mandatory_ciphers", ""},
    obsolete_name{"smtp_tls_enforce_peername", "smtp_tls_security_level = verify", ""},
    obsolete_name{"smtp_tls_per_site", "smtp_tls_policy_maps", ""},
    obsolete_name{"smtp_use_tls", "smtp_tls_security_level = may", ""},
    obsolete_name{"smtpd_client_connection_limit_exceptions", "smtpd_client_event_limit_exceptions", ""},
    obsolete_name{"smtpd_enforce_tls", "smtpd_tls_security_level = encrypt", ""},
    obsolete_name{"smtpd_per_record_deadline", "smtpd_per_request_deadline", ""},
    obsolete_name{"smtpd_sasl_application_name", "smtpd_sasl_path", "smtpd_sasl_path"},
    obsolete_name{"smtpd_tls_cipherlist", "smtpd_tls_mandatory_ciphers", ""},
    obsolete_name{"smtpd_tls_dh512_param_file", "nothing, export-grade ciphers are gone", ""},
    obsolete_name{"smtpd_use_tls", "smtpd_tls_security_level = may", ""},
    obsolete_name{"tls_daemon_random_source", "tls_random_source", "tls_random_source"},
    obsolete_name{"tlsproxy_client_level", "tlsproxy_client_security_level", ""},
    obsolete_name{"tlsproxy_client_policy", "tlsproxy_client_policy_maps", ""},
    obsolete_name{"tlsproxy_enforce_tls", "tlsproxy_tls_security_level = encrypt", ""},
    obsolete_name{"tlsproxy_use_tls", "tlsproxy_tls_security_level = may", ""},
    obsolete_name{"virtual_maps", "virtual_alias_maps", ""},
};
static_assert(std::ranges::is_sorted(names, {}, &obsolete_name::name));

}  // namespace

std::span<obsolete_name const> obsolete_names() { return names; }

obsolete_name const* find_obsolete_name(std::string_view name) {
  auto found = std::ranges::lower_bound(names, name, {}, &obsolete_name::name);
  return found != names.end() && found->name == name ? &*found : nullptr;
}

}  // namespace postern::config
