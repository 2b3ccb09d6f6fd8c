#include "auth/backend/ldap_options.hpp"

#include <ldap.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

using namespace std::string_view_literals;

// In the order of libldap's numbers.
constexpr std::array scopes = {"base"sv, "one"sv, "sub"sv};
constexpr std::array derefs = {"never"sv, "search"sv, "find"sv, "always"sv};
static_assert(LDAP_SCOPE_BASE == 0 && LDAP_SCOPE_ONELEVEL == 1 && LDAP_SCOPE_SUBTREE == 2);
static_assert(LDAP_DEREF_NEVER == 0 && LDAP_DEREF_SEARCHING == 1 && LDAP_DEREF_FINDING == 2 && LDAP_DEREF_ALWAYS == 3);
// In the order of the enumerators.
constexpr std::array methods = {"bind"sv, "custom"sv, "fastbind"sv};
constexpr std::array group_matches = {"attr"sv, "filter"sv};

using row = conf_key<ldap_options>;
// Of two names for one thing the one further down counts.
constexpr std::array<row, 42> keys = {{
    {"ldap_servers", &ldap_options::servers},
    {"ldap_bind_dn", &ldap_options::bind_dn},
    {"ldap_bind_pw", &ldap_options::password},
    {"ldap_password", &ldap_options::password},
    {"ldap_version", &ldap_options::version, 2, 3},
    {"ldap_search_base", &ldap_options::search_base},
    {"ldap_filter", &ldap_options::filter},
    {"ldap_scope", &ldap_options::scope, 0, 0, scopes},
    {"ldap_auth_method", &ldap_options::method, 0, 0, methods},
    {"ldap_password_attr", &ldap_options::password_attribute},
    {"ldap_group_dn", &ldap_options::group_dn},
    {"ldap_group_attr", &ldap_options::group_attribute},
    {"ldap_group_filter", &ldap_options::group_filter},
    {"ldap_group_search_base", &ldap_options::group_search_base},
    {"ldap_group_scope", &ldap_options::group_scope, 0, 0, scopes},
    {"ldap_group_match_method", &ldap_options::group_match, 0, 0, group_matches},
    {"ldap_default_domain", &ldap_options::default_realm},
    {"ldap_default_realm", &ldap_options::default_realm},
    {"ldap_timeout", &ldap_options::timeout, 1, 600},
    {"ldap_time_limit", &ldap_options::time_limit, 0, 3600},
    {"ldap_size_limit", &ldap_options::size_limit, 0, 1'000'000},
    {"ldap_deref", &ldap_options::deref, 0, 0, derefs},
    {"ldap_referrals", &ldap_options::referrals},
    {"ldap_restart", &ldap_options::restart},
    {"ldap_start_tls", &ldap_options::start_tls},
    {"ldap_tls_check_peer", &ldap_options::check_peer},
    {"ldap_tls_cacert_file", &ldap_options::ca_file},
    {"ldap_tls_cacert_dir", &ldap_options::ca_directory},
    {"ldap_tls_ciphers", &ldap_options::ciphers},
    {"ldap_tls_cert", &ldap_options::certificate},
    {"ldap_tls_key", &ldap_options::key},
    {"ldap_use_sasl", &ldap_options::use_sasl},
    {"ldap_sasl_authc_id", &ldap_options::id},
    {"ldap_id", &ldap_options::id},
    {"ldap_sasl_authz_id", &ldap_options::authorization_id},
    {"ldap_authz_id", &ldap_options::authorization_id},
    {"ldap_sasl_mech", &ldap_options::mechanism},
    {"ldap_mech", &ldap_options::mechanism},
    {"ldap_sasl_realm", &ldap_options::realm},
    {"ldap_realm", &ldap_options::realm},
    {"ldap_sasl_secprops", &ldap_options::security_properties},
    {"ldap_debug", &ldap_options::debug, -1, 65535},
}};

/// What only a look at several keys can tell.
result<> check(saslauthd_conf const& conf, ldap_options const& options) {
  auto const at = [&](std::string_view key) {
    auto const* const line = conf.find(key);
    return line != nullptr ? conf.at(*line) : conf.name() + ": ";
  };
  for (auto const uri : split_any(options.servers, " \t")) {
    LDAPURLDesc* parts = nullptr;
    std::string const text(uri);
    if (::ldap_url_parse(text.c_str(), &parts) != LDAP_URL_SUCCESS) {
      return fail(fmt::format("{}\"{}\" in ldap_servers is not a URI such as ldap://host/ or ldaps://host/",
                              at("ldap_servers"), printable(uri)));
    }
    ::ldap_free_urldesc(parts);
  }
  if (options.auth_method() == ldap_auth_method::fastbind && !options.use_sasl && conf.find("ldap_filter") == nullptr) {
    return fail(
        at("ldap_auth_method") +
        "ldap_auth_method fastbind needs an ldap_filter that makes the DN, such as uid=%u,ou=People,dc=example,dc=org");
  }
  if (!options.checks_group()) return {};
  bool const by_filter = options.group_match == static_cast<int>(ldap_group_match::filter);
  if (by_filter && options.group_filter.empty()) {
    return fail(at("ldap_group_match_method") + "ldap_group_match_method filter needs ldap_group_filter");
  }
  if (!by_filter && options.group_dn.empty()) {
    return fail(at("ldap_group_filter") + "give ldap_group_match_method: filter as well, or ldap_group_dn");
  }
  return {};
}

}  // namespace

bool is_ldap_key(std::string_view key) {
  return std::ranges::any_of(keys, [&](row const& known) { return known.name == key; });
}

result<ldap_options> parse_ldap_options(saslauthd_conf const& conf) {
  ldap_options options;
  if (auto const applied = apply_conf<ldap_options>(conf, keys, options); !applied) {
    return std::unexpected(applied.error());
  }
  if (auto const checked = check(conf, options); !checked) return std::unexpected(checked.error());
  if (options.use_sasl || options.start_tls) options.version = LDAP_VERSION3;
  // A SASL bind needs no DN, so there is nothing to look up first.
  if (options.use_sasl && options.auth_method() == ldap_auth_method::bind) {
    options.method = static_cast<int>(ldap_auth_method::fastbind);
  }
  if (options.group_search_base.empty() && !options.group_filter.empty()) {
    options.group_search_base = options.search_base;
  }
  return options;
}

}  // namespace postern::auth
