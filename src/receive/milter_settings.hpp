#pragma once
// Purpose: which mail filters a service asks (smtpd_milters, smtpd_milter_maps, non_smtpd_milters), where they are and
//          how they are spoken with.
// Layout: "inet:host:port", "unix:path" (below queue_directory when it is no absolute one), or with options of its own
//         "{ inet:host:port, connect_timeout=10s, default_action=accept }".
// Errors: a sentence that names the parameter and the word that is wrong.
// Concurrency: never changes after load.
// Source: MILTER_README and postconf(5) of Postfix 3.7; docs/milters.md.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "milter/filter_session.hpp"
#include "os/sandbox.hpp"
#include "rewrite/content_checks.hpp"

namespace postern::receive {

struct milter_service {
  milter::filter_rules rules;
  std::string path;  ///< of a UNIX socket; empty: host and port count
  std::string host;
  std::uint16_t port = 0;
  std::chrono::seconds connect_timeout{30};  ///< also for the negotiation
  std::chrono::seconds command_timeout{30};
  std::chrono::seconds content_timeout{300};
  std::string name() const { return rules.name; }
};
using milter_list = std::vector<std::shared_ptr<milter_service const>>;

struct milter_settings {
  milter_list services;        ///< smtpd_milters
  milter_list local_services;  ///< non_smtpd_milters
  maps::map_list by_client;    ///< smtpd_milter_maps
  milter_service model;        ///< what a service has that says nothing of its own
  std::string queue_directory;
  std::map<std::string, std::string, std::less<>> macro_defaults;  ///< "{name}" to value
  std::string daemon_name;
  std::string version_text;
  std::string local_transport;  ///< "local:host.example"; likewise the others
  std::string relay_transport;
  std::string virtual_transport;
  std::string default_transport;
  std::string relay_host;
  std::size_t header_octets_max = 1U << 20U;  ///< milter_header_limit
  std::size_t memory_octets = 256U << 10U;    ///< milter_memory_limit
  rewrite::content_checks header_checks;      ///< milter_header_checks

  bool any() const noexcept { return !services.empty() || !by_client.empty(); }
  bool any_anywhere() const noexcept { return any() || !local_services.empty(); }
};

result<milter_settings> load_milter_settings(config::settings const& settings);

/// The value of smtpd_milters, or of a table of smtpd_milter_maps; "DISABLE": none.
result<milter_list> parse_milters(std::string_view text, milter_settings const& settings);

/// What smtpd needs to reach the filters that main.cf names, once it has shut itself in. For prepare().
void ask_for_milters(config::settings const& settings, os::sandbox_rules& rules);

}  // namespace postern::receive
