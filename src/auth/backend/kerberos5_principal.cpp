#include "auth/backend/kerberos5_principal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

using row = conf_key<kerberos5_options>;
constexpr std::array<row, 5> keys = {{
    {"krb5_keytab", &kerberos5_options::keytab},
    {"krb5_verify_principal", &kerberos5_options::verify_principal},
    {"krb5_servername", &kerberos5_options::server_name},
    {"krb5_conv_krb4_instance", &kerberos5_options::convert_dots},
    {"krb5_uppercase_realm", &kerberos5_options::uppercase_realm},
}};

constexpr std::string_view prefix = "krb5_";
constexpr std::string_view suffix = "_instance";

/// The service of krb5_<service>_instance; empty for other keys.
std::string_view service_of_key(std::string_view key) {
  if (std::ranges::any_of(keys, [&](row const& known) { return known.name == key; })) return {};
  if (!key.starts_with(prefix) || !key.ends_with(suffix) || key.size() <= prefix.size() + suffix.size()) return {};
  return key.substr(prefix.size(), key.size() - prefix.size() - suffix.size());
}

}  // namespace

bool is_kerberos5_key(std::string_view key) {
  return !service_of_key(key).empty() || std::ranges::any_of(keys, [&](row const& known) { return known.name == key; });
}

result<kerberos5_options> parse_kerberos5_options(saslauthd_conf const& conf) {
  kerberos5_options options;
  if (auto const applied = apply_conf<kerberos5_options>(conf, keys, options); !applied) {
    return std::unexpected(applied.error());
  }
  for (auto const& [key, line] : conf.lines()) {
    if (auto const service = service_of_key(key); !service.empty()) {
      options.instances.emplace(service, line.value.reveal());
    }
  }
  return options;
}

result<std::string> make_principal_name(kerberos5_options const& options, std::string_view login,
                                        std::string_view service, std::string_view realm) {
  // A backslash would hide a separator from what is checked below.
  if (login.contains('\0') || login.contains('\\') ||
      realm.find_first_of(std::string_view("\0\\/@", 4)) != realm.npos) {
    return fail("the login or its realm holds characters that no principal needs");
  }
  auto const at = login.find('@');
  std::string user(login.substr(0, at));
  auto own_realm = at == std::string_view::npos ? std::string_view() : login.substr(at + 1);
  if (own_realm.contains('@') || own_realm.contains('/')) return fail("the login has more than one realm");
  if (own_realm.empty()) own_realm = realm;
  if (!realm.empty() && !iequals(own_realm, realm)) {
    return fail(fmt::format("the login is of realm {}, the question of realm {}", printable(own_realm, 256),
                            printable(realm, 256)));
  }
  if (auto const dot = user.find('.'); options.convert_dots && dot != std::string::npos && !user.contains('/')) {
    user[dot] = '/';
  }
  if (auto const forced = options.instances.find(lowercase(service)); forced != options.instances.end()) {
    auto const slash = user.find('/');
    if (slash == std::string::npos) {
      user += "/" + forced->second;
    } else if (user.substr(slash + 1) != forced->second) {
      return fail(fmt::format("the login has another instance than krb5_{}_instance", forced->first));
    }
  }
  if (user.empty() || user.starts_with('/')) return fail("the login has no name before its instance or realm");
  if (own_realm.empty()) return user;
  return fmt::format("{}@{}", user, options.uppercase_realm ? uppercase(own_realm) : std::string(own_realm));
}

}  // namespace postern::auth
