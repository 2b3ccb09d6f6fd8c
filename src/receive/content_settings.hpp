#pragma once
// Purpose: what smtpd does to the content and the addresses of mail that comes in, as plain values and open tables.
// Concurrency: as service_settings.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "os/sandbox.hpp"
#include "policy/address_class.hpp"
#include "receive/client_classes.hpp"
#include "rewrite/address_rules.hpp"
#include "rewrite/content_checks.hpp"
#include "rewrite/message_editor.hpp"
#include "rewrite/privacy.hpp"

namespace postern::receive {

struct content_settings {
  std::uint32_t hop_count_limit = 50;        ///< hopcount_limit
  std::size_t header_field_limit = 102'400;  ///< header_size_limit
  std::size_t line_limit = 2048;             ///< line_length_limit
  std::vector<std::string> dropped_headers;  ///< message_drop_headers, lower case
  bool add_missing_headers = false;          ///< always_add_missing_headers
  bool tls_received_header = false;
  bool authenticated_header = false;
  std::string undisclosed_recipients;  ///< undisclosed_recipients_header
  rewrite::privacy_profile privacy;    ///< smtpd_sasl_anonymize
  client_classes anonymous_clients;    ///< smtpd_anonymize_clients
  client_classes local_clients;        ///< local_header_rewrite_clients
  std::vector<ip_address> own_addresses;
  bool checks_content = true;  ///< not receive_override_options = no_header_body_checks
  rewrite::content_checks checks;
  rewrite::strictness strict;
  rewrite::address_rules addresses;
  std::string content_filter;           ///< "transport:nexthop"; empty: none
  std::string default_filter_next_hop;  ///< default_filter_nexthop
};

/// `addresses` must outlive what is made.
result<content_settings> load_content_settings(config::settings const& settings,
                                               std::vector<ip_address> const& interfaces,
                                               policy::address_resolver const& addresses);

/// Adds what the tables of these parameters need of the sandbox.
void ask_for_content_tables(config::settings const& settings, os::sandbox_rules& rules);

}  // namespace postern::receive
