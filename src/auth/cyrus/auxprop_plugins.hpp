#pragma once
// Purpose: the table of auxprop plugins: what each is set up by, what it needs beyond authd's row in PRIVILEGES, and
//          how its source of credentials is made.
// Layout: a row a plugin, in the order in which they are asked when auxprop_plugin does not say.

#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "auth/credential_source.hpp"
#include "auth/cyrus/cyrus_options.hpp"
#include "os/sandbox.hpp"

namespace postern::auth::cyrus {

struct plugin_context {
  cyrus_options const& options;
  std::string host;                             ///< the realm of names that have none
  secret server_secret;                         ///< verifier::options
  std::chrono::milliseconds time_limit{30000};  ///< of a question to a server
};

struct plugin_row {
  std::string_view name;
  /// Has the administrator set it up? Asked when auxprop_plugin does not name plugins.
  bool (*is_set_up)(cyrus_options const& options);
  /// Ports, sockets and files.
  void (*ask_for)(cyrus_options const& options, os::sandbox_rules& more);
  /// A failure names file, line and remedy; nothing is opened yet.
  result<std::unique_ptr<credential_source>> (*make)(plugin_context const& context);
};

std::span<plugin_row const> plugins();
plugin_row const* find_plugin(std::string_view name);

}  // namespace postern::auth::cyrus
