#include "auth/cyrus/ldapdb_plugin.hpp"

#include <ldap.h>

#include <fmt/format.h>

#include "auth/ldapdb_source.hpp"
#include "base/text.hpp"
#include "maps/ldap/needs.hpp"

namespace postern::auth::cyrus {
namespace {

bool is_set_up(cyrus_options const& options) { return options.file.find("ldapdb_uri") != nullptr; }

std::string words_between_blanks(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

void ask_for(cyrus_options const& options, os::sandbox_rules& more) {
  for (auto const& uri : options.file.words("ldapdb_uri")) maps::ask_for_ldap_server(uri, more);
  maps::ask_for_libldap(options.file.text("ldapdb_rc"), more);
}

result<std::unique_ptr<credential_source>> make(plugin_context const& context) {
  auto const& file = context.options.file;
  auto const misused = [&](std::string_view key, std::string_view why) {
    return fail(fmt::format("{}: {}: {}", file.where(key), key, why));
  };
  ldapdb_source_options how;
  how.connection.servers = words_between_blanks(file.words("ldapdb_uri"));
  if (how.connection.servers.empty()) return misused("ldapdb_uri", "the ldapdb plugin cannot do without it");
  for (auto const& uri : file.words("ldapdb_uri")) {
    if (::ldap_is_ldap_url(uri.c_str()) == 0) return misused("ldapdb_uri", printable(uri, 128) + " is no LDAP URI");
  }
  auto const tls = lowercase(file.text("ldapdb_starttls"));
  if (!tls.empty() && tls != "try" && tls != "demand") return misused("ldapdb_starttls", "this is try or demand");
  how.connection.start_tls = !tls.empty();
  how.tls_demanded = tls == "demand";
  how.connection.id = file.text("ldapdb_id");
  how.connection.password = secret(file.text("ldapdb_pw"));
  how.connection.mechanism = file.text("ldapdb_mech");
  how.connection.timeout = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(context.time_limit).count());
  how.scram = {.server_secret = context.server_secret, .iterations = context.options.scram_iterations};
  if (iequals(file.text("canon_user_plugin"), "ldapdb")) how.canonical_attribute = file.text("ldapdb_canon_attr");
  return make_ldapdb_source(std::move(how));
}

}  // namespace

plugin_row ldapdb_plugin() { return {.name = "ldapdb", .is_set_up = is_set_up, .ask_for = ask_for, .make = make}; }

}  // namespace postern::auth::cyrus
