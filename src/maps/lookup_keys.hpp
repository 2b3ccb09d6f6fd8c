#pragma once
// Purpose: the keys under which an address, a host or a network is looked up, in the order of Postfix's tables. Pure
//          functions; who asks goes through the keys and takes the first answer.
// Layout: a key marked `part` is not the whole of what is looked up: patterns (regexp, pcre, cidr) are not asked for it
//         (map_list::find_part), the others are (map_list::find).
// Source: access(5), canonical(5), virtual(5), generic(5), relocated(5), transport(5); the order of Postfix 3.7's
//         programs.

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace postern::maps {

struct lookup_key {
  std::string text;
  bool part = false;
  /// What this key leaves out of the local-part, with its delimiter ("+foo"): with propagate_unmatched_extensions it
  /// goes onto what was found.
  std::string extension = {};
  friend bool operator==(lookup_key const&, lookup_key const&) = default;
};

/// How local-parts are taken apart.
struct extension_rules {
  std::string delimiters;                              ///< recipient_delimiter; empty: no extensions
  bool owner_request_special = true;                   ///< owner_request_special
  std::string double_bounce_sender = "double-bounce";  ///< never taken apart, nor are postmaster and mailer-daemon

  static extension_rules load(config::settings const& settings);
};

/// "+foo" of "user+foo", empty when there is none. The first delimiter counts; a local-part has more than an extension.
std::string_view find_extension(std::string_view local_part, extension_rules const& rules);

/// "user+foo@example.com" of "user@example.com" and "+foo"; without a domain at the end.
std::string add_extension(std::string_view address, std::string_view extension);

/// Whether `parameter` (smtpd_access_maps, transport_maps …) stands in parent_domain_matches_subdomains: then
/// "example.com" is asked for "www.example.com", otherwise ".example.com" is.
bool matches_subdomains(config::settings const& settings, std::string_view parameter);

/// canonical, virtual, generic, relocated, bcc and sender login tables: user+foo@domain, user@domain, and where
/// `domain_is_ours` ($myorigin, $mydestination, $inet_interfaces) user+foo and user, then @domain. `address` unquoted.
/// A local-part that must be quoted is asked for with quotes first, then without.
std::vector<lookup_key> address_keys(std::string_view address, bool domain_is_ours, extension_rules const& rules);

/// check_sender_access, check_recipient_access: user+foo@domain, user@domain, the domain and its parents, user+foo@,
/// user@. No keys for an address without a domain; the null sender has the one key `null_key`
/// (smtpd_null_access_lookup_key).
std::vector<lookup_key> access_address_keys(std::string_view address, bool match_subdomains,
                                            extension_rules const& rules, std::string_view null_key = "<>");

/// A host name or domain and its parents; no parents of what looks like an address.
std::vector<lookup_key> domain_keys(std::string_view domain, bool match_subdomains);

/// "192.0.2.1", "192.0.2", "192.0", "192"; "2001:db8::1", "2001:db8", "2001".
std::vector<lookup_key> network_keys(std::string_view address);

/// check_client_access: the name and its parents, then the address and its networks.
std::vector<lookup_key> client_keys(std::string_view name, std::string_view address, bool match_subdomains);

/// transport(5): user+foo@domain, user@domain, the domain and its parents, and "*". An empty address is the null
/// recipient: give "$empty_address_recipient@$myhostname" instead.
std::vector<lookup_key> transport_keys(std::string_view address, bool match_subdomains, extension_rules const& rules);

}  // namespace postern::maps
