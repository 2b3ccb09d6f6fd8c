#include "maps/ldap_options.hpp"

#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/ldap/libldap.hpp"

namespace postern::maps {
namespace {

using namespace libldap;
using namespace std::string_view_literals;

// In the order of libldap's numbers.
constexpr std::array scopes = {"base"sv, "one"sv, "sub"sv};
constexpr std::array bind_words = {"no"sv, "none"sv, "0"sv, "yes"sv, "simple"sv, "1"sv, "sasl"sv};
constexpr int first_simple_word = 3;
constexpr int sasl_word = 6;
constexpr int most = 1'000'000'000;

/// What the file says, before it becomes ldap_table_options.
struct ldap_keys {
  std::vector<std::string> server_host;
  int server_port = LDAP_PORT;
  int version = 3;
  int timeout = 10;
  std::string search_base;
  std::string query_filter = "mailacceptinggeneralid=%s";
  std::string result_format = "%s";
  std::string result_filter;
  std::vector<std::string> domains;
  std::vector<std::string> attributes = {"maildrop"};
  std::vector<std::string> special, leaf, terminal;
  int scope = LDAP_SCOPE_SUBTREE;
  int bind = first_simple_word;
  std::string bind_dn;
  secret bind_password;
  int recursion_limit = 1000;
  int expansion_limit = 0;
  int size_limit = 0;
  int dereference = 0;
  bool chase_referrals = false;
  std::string sasl_mechanisms, sasl_realm, sasl_authorization_id;
  int sasl_minssf = 0;
  bool start_tls = false;
  std::string ca_directory, ca_file, certificate, key, ciphers;
  bool require_certificate = false;
  std::string unused;
};

using row = option_row<ldap_keys>;
constexpr std::array<row, 41> rows = {{
    {"server_host", &ldap_keys::server_host},
    {"server_port", &ldap_keys::server_port, 1, 65535},
    {"version", &ldap_keys::version, 2, 3},
    {"timeout", &ldap_keys::timeout, 1, 3600},
    {"search_base", &ldap_keys::search_base},
    {"query_filter", &ldap_keys::query_filter},
    {"result_format", &ldap_keys::result_format},
    {"result_filter", &ldap_keys::result_filter},
    {"domain", &ldap_keys::domains},
    {"result_attribute", &ldap_keys::attributes},
    {"special_result_attribute", &ldap_keys::special},
    {"leaf_result_attribute", &ldap_keys::leaf},
    {"terminal_result_attribute", &ldap_keys::terminal},
    {"scope", &ldap_keys::scope, 0, 0, scopes},
    {"bind", &ldap_keys::bind, 0, 0, bind_words},
    {"bind_dn", &ldap_keys::bind_dn},
    {"bind_pw", &ldap_keys::bind_password},
    {"recursion_limit", &ldap_keys::recursion_limit, 1, most},
    {"expansion_limit", &ldap_keys::expansion_limit, 0, most},
    {"size_limit", &ldap_keys::size_limit, 0, most},
    {"dereference", &ldap_keys::dereference, 0, 3},
    {"chase_referrals", &ldap_keys::chase_referrals},
    {"sasl_mechs", &ldap_keys::sasl_mechanisms},
    {"sasl_realm", &ldap_keys::sasl_realm},
    {"sasl_authz_id", &ldap_keys::sasl_authorization_id},
    {"sasl_minssf", &ldap_keys::sasl_minssf, 0, 4096},
    {"start_tls", &ldap_keys::start_tls},
    {"tls_ca_cert_dir", &ldap_keys::ca_directory},
    {"tls_ca_cert_file", &ldap_keys::ca_file},
    {"tls_cert", &ldap_keys::certificate},
    {"tls_key", &ldap_keys::key},
    {"tls_require_cert", &ldap_keys::require_certificate},
    {"tls_cipher_suite", &ldap_keys::ciphers},
    // Known to Postfix and of no effect, there or here.
    {"tls_random_file", &ldap_keys::unused},
    {"debuglevel", &ldap_keys::unused},
    {"cache", &ldap_keys::unused},
    {"cache_expiry", &ldap_keys::unused},
    {"cache_size", &ldap_keys::unused},
    {"lookup_wildcards", &ldap_keys::unused},
    {"ldap_version", &ldap_keys::unused},
    {"lookup_timeout", &ldap_keys::unused},
}};

/// Hosts become URIs; what is one stays as it is.
result<std::string> servers_of(table_options const& from, ldap_keys const& keys) {
  if (keys.server_host.empty()) return fmt::format("ldap://localhost:{}/", keys.server_port);
  if (auto const loaded = library.load(); !loaded) return from.complain("server_host", loaded.error().text);
  std::string out;
  for (auto const& word : keys.server_host) {
    bool const port = word.find(':') == word.rfind(':') && word.contains(':');
    auto const uri = word.contains("://") ? word
                     : port               ? fmt::format("ldap://{}/", word)
                                          : fmt::format("ldap://{}:{}/", word, keys.server_port);
    if (ldap_is_ldap_url(uri.c_str()) == 0) {
      return from.complain("server_host", fmt::format("\"{}\" is neither a host nor a URI", printable(word, 200)));
    }
    out += fmt::format("{}{}", out.empty() ? "" : " ", uri);
  }
  return out;
}

result<> parse_templates(table_options const& from, ldap_keys const& keys, ldap_table_options& out) {
  auto const& format = from.find("result_format") == nullptr && from.find("result_filter") != nullptr
                           ? keys.result_filter
                           : keys.result_format;
  struct task {
    std::string_view key;
    std::string const& text;
    key_template& into;
  };
  for (auto const& [key, text, into] :
       {task{"search_base", keys.search_base, out.search_base},
        task{"query_filter", keys.query_filter, out.query_filter}, task{"result_format", format, out.result_format}}) {
    auto parsed = key_template::parse(text);
    if (!parsed) return from.complain(key, parsed.error().text);
    into = std::move(*parsed);
  }
  return {};
}

ldap_server_options server_of(ldap_keys const& keys, std::string servers) {
  ldap_server_options out;
  out.servers = std::move(servers);
  out.version = keys.version;
  out.timeout = keys.timeout;
  out.time_limit = keys.timeout;
  out.size_limit = keys.size_limit != 0 ? keys.size_limit : keys.expansion_limit;
  out.deref = keys.dereference;
  out.referrals = keys.chase_referrals;
  out.start_tls = keys.start_tls;
  out.check_peer = keys.require_certificate;
  out.ca_file = keys.ca_file;
  out.ca_directory = keys.ca_directory;
  out.ciphers = keys.ciphers;
  out.certificate = keys.certificate;
  out.key = keys.key;
  out.use_sasl = keys.bind == sasl_word;
  out.mechanism = keys.sasl_mechanisms;
  out.realm = keys.sasl_realm;
  if (keys.sasl_minssf != 0) out.security_properties = fmt::format("minssf={}", keys.sasl_minssf);
  return out;
}

}  // namespace

std::vector<std::string> ldap_table_options::all_attributes() const {
  std::vector<std::string> out;
  for (auto const* const group : {&terminal_attributes, &leaf_attributes, &attributes, &special_attributes}) {
    out.insert(out.end(), group->begin(), group->end());
  }
  return out;
}

result<ldap_table_options> parse_ldap_table_options(table_options const& from) {
  ldap_keys keys;
  if (auto applied = apply_options<ldap_keys>(from, rows, keys); !applied) return std::unexpected(applied.error());
  if (from.find("search_base") == nullptr)
    return from.complain("search_base", "missing; search_base = dc=example,dc=org");
  if (keys.query_filter.empty()) return from.complain("query_filter", "empty; query_filter = (mail=%s)");
  auto servers = servers_of(from, keys);
  if (!servers) return std::unexpected(servers.error());
  if (keys.start_tls && servers->contains("ldaps:")) {
    return from.complain("start_tls", "ldaps: has TLS from the first octet on; leave start_tls out");
  }
  ldap_table_options out;
  if (auto parsed = parse_templates(from, keys, out); !parsed) return std::unexpected(parsed.error());
  out.server = server_of(keys, std::move(*servers));
  out.binds = keys.bind >= first_simple_word;
  if (out.binds) {
    bool const sasl = out.server.use_sasl;
    out.identity = {.dn = keys.bind_dn,
                    .password = keys.bind_password,
                    .id = sasl ? keys.bind_dn : std::string(),
                    .authorization_id = keys.sasl_authorization_id};
  }
  out.scope = keys.scope;
  out.domains = std::move(keys.domains);
  out.expansion_limit = static_cast<std::size_t>(keys.expansion_limit);
  out.recursion_limit = keys.recursion_limit;
  out.terminal_attributes = std::move(keys.terminal);
  out.leaf_attributes = std::move(keys.leaf);
  out.attributes = std::move(keys.attributes);
  out.special_attributes = std::move(keys.special);
  return out;
}

}  // namespace postern::maps
