#include "auth/cyrus/auxprop_plugins.hpp"

#include <unistd.h>

#include <algorithm>

#include "auth/cyrus/ldapdb_plugin.hpp"
#include "auth/cyrus/sql_plugin.hpp"
#include "auth/sasldb/sasldb_source.hpp"

namespace postern::auth::cyrus {
namespace {

std::string directory_of(std::string const& path) { return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)); }

bool sasldb_is_set_up(cyrus_options const& options) {
  return options.file.find("sasldb_path") != nullptr || ::access(options.sasldb_path.c_str(), F_OK) == 0;
}
// The file alone would be lost from view when somebody replaces it; to write one, its directory is needed too.
void sasldb_asks_for(cyrus_options const& options, os::sandbox_rules& more) {
  auto& paths = options.transition == auto_transition::no ? more.readable : more.writable;
  paths.push_back(directory_of(options.sasldb_path));
}
result<std::unique_ptr<credential_source>> make_sasldb(plugin_context const& context) {
  auto const& options = context.options;
  return make_sasldb_source({.path = options.sasldb_path,
                             .default_realm = context.host,
                             .scram = {.server_secret = context.server_secret, .iterations = options.scram_iterations},
                             .store_plaintext = options.transition != auto_transition::noplain,
                             .store_verifiers = options.scram_secret_generate});
}

plugin_row const rows[] = {
    {.name = "sasldb", .is_set_up = sasldb_is_set_up, .ask_for = sasldb_asks_for, .make = make_sasldb},
    sql_plugin(),
    ldapdb_plugin(),
};

}  // namespace

std::span<plugin_row const> plugins() { return rows; }

plugin_row const* find_plugin(std::string_view name) {
  auto const at = std::ranges::find(rows, name, &plugin_row::name);
  return at == std::end(rows) ? nullptr : &*at;
}

}  // namespace postern::auth::cyrus
