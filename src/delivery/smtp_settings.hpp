#pragma once
// Purpose: what the outbound SMTP client knows of the configuration, as plain values.
// Errors: load_smtp_settings fails with the parameter's name when files are missing or values can't be used.
// Security: private keys are read through the caller's function, before the sandbox closes.
// Source: parameters smtp_* of postconf(5).

#include <array>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "delivery/outbound_rewriting.hpp"
#include "delivery/per_site_tls.hpp"
#include "maps/table.hpp"
#include "net/tls_context.hpp"
#include "smtp/client_settings.hpp"

namespace postern::delivery {

enum class certificate_match : std::uint8_t {
  none,       ///< may, encrypt: who it is does not matter
  host_name,  ///< verify: the name of the host that we connect to
  next_hop,   ///< secure: the name that the mail is for, which no DNS answer can change
};

/// How to speak TLS with one peer.
struct peer_tls {
  smtp::tls_level level = smtp::tls_level::none;
  certificate_match match = certificate_match::none;
  std::shared_ptr<net::tls_context> context;  ///< null when TLS is off
};

/// One of smtp_sasl_password_maps: opened here, or handed over by masterd, who alone may read it.
struct password_table {
  maps::map_list opened;
  std::shared_ptr<maps::table> handed = {};  ///< null: `opened` counts
};

struct smtp_settings {
  smtp::client_settings session;  ///< peer, TLS level and credentials are filled in for each connection
  std::string host_name;          ///< myhostname
  std::uint16_t port = 25;        ///< of next hops that name none
  std::chrono::seconds connect_timeout{30};
  std::optional<ip_address> bind_v4;
  std::optional<ip_address> bind_v6;
  bool use_v4 = true;
  bool use_v6 = true;
  enum class preference : std::uint8_t { any, ipv4, ipv6 } prefer = preference::any;
  bool look_up_mx = true;
  bool ignore_mx_lookup_error = false;  ///< an MX lookup that fails counts as "no MX"
  bool defer_if_no_mx_address = true;   ///< exchangers without addresses: wait instead of bouncing
  bool balance_protocols = true;        ///< keep a place below address_limit for the other address family
  bool randomize = true;
  std::size_t address_limit = 5;  ///< 0: none
  std::size_t session_limit = 2;  ///< 0: none
  bool soft_bounce = false;       ///< what would bounce waits
  std::vector<std::string> fallback_relays;
  std::vector<ip_address> own_addresses;  ///< where mail for us arrives
  std::size_t line_length_limit = 998;
  std::chrono::seconds idle_limit{2};
  std::chrono::seconds reuse_time_limit{300};
  std::size_t reuse_count_limit = 0;  ///< 0: none
  std::size_t idle_connections_max = 200;
  peer_tls tls;                                     ///< for all that `sites` does not list
  per_site_tls sites;                               ///< smtp_tls_per_site
  std::array<peer_tls, 4> site_choices;             ///< by site_tls
  std::vector<password_table> password_maps;        ///< empty: no logins
  std::shared_ptr<outbound_rules const> rewriting;  ///< smtp_generic_maps, smtp_header_checks …; null: none
  int tls_log_level = 0;
  bool note_starttls_offer = false;  ///< log when a host offers TLS that is not used
};

/// Reads a file that holds a private key.
using secret_reader = std::function<result<secret>(std::string const& path)>;

result<smtp_settings> load_smtp_settings(config::settings const& settings, secret_reader const& read_secret);

/// Some table of what follows blocks: find_peer_tls() and find_credentials() may be pending.
bool asks_tables_that_block(smtp_settings const& settings);

/// How to speak TLS with a host, or with the next hop as configured. A table that can't be asked is a failure: mail
/// must not leave with less TLS than it needs.
std::expected<peer_tls, maps::lookup_failure> find_peer_tls(smtp_settings const& settings, std::string const& host,
                                                            std::string const& next_hop, maps::answers& known);

/// The login for a host, or for the next hop as configured; empty when the tables have none. A table that can't be
/// asked is a failure: mail must not leave without a login that it needs.
std::expected<std::optional<smtp::client_credentials>, maps::lookup_failure> find_credentials(
    smtp_settings const& settings, std::string const& host, std::string const& next_hop, maps::answers& known);

}  // namespace postern::delivery
