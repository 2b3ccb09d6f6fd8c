#include "auth/cyrus/cyrus_options.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/sasl_directories.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth::cyrus {
namespace {

constexpr auto methods =
    std::to_array<std::string_view>({"auxprop", "saslauthd", "pam", "shadow", "getpwent", "sasldb"});
constexpr auto plugins = std::to_array<std::string_view>({"sasldb", "sql", "ldapdb"});

struct refused_method {
  std::string_view name;
  std::string_view why;
};
constexpr auto refused = std::to_array<refused_method>(
    {{"alwaystrue", "would let everybody in"},
     {"auxprop-hashed", "let every password in and was switched off in Cyrus SASL 2.1.28; use auxprop"},
     {"pwcheck", "is the daemon before saslauthd; use saslauthd"},
     {"authdaemond", "is Courier's; use saslauthd"},
     {"kerberos_v4", "is gone; use saslauthd -a kerberos5"}});

/// Options that others read from the file, and those that mean nothing to a server like this one.
constexpr auto elsewhere = std::to_array<std::string_view>({"sql_", "ldapdb_", "sasldb_"});
constexpr auto idle = std::to_array<std::string_view>(
    {"plugin_list", "client_mech_list", "reauth_timeout", "opiekeys", "otp_mda", "srp_mda", "ntlm_server", "ntlm_v2",
     "authdaemond_path", "authdaemon_path", "minimum_layer", "default_realm"});

std::unexpected<failure> misused(sasl_conf const& file, std::string_view key, std::string_view why) {
  return fail(fmt::format("{}: {}: {}", file.where(key), key, why));
}

result<> set_methods(cyrus_options& to) {
  if (to.file.find("pwcheck_method") == nullptr) return {};
  to.methods.clear();
  for (auto const& word : to.file.words("pwcheck_method")) {
    auto const method = lowercase(word);
    for (auto const& [name, why] : refused) {
      if (method == name) return misused(to.file, "pwcheck_method", fmt::format("{} {}", name, why));
    }
    if (std::ranges::find(methods, method) == methods.end()) {
      return misused(
          to.file, "pwcheck_method",
          fmt::format("there is no method \"{}\"; there are {}", printable(word, 64), fmt::join(methods, ", ")));
    }
    to.methods.push_back(method);
  }
  return {};
}

result<> set_plugins(cyrus_options& to) {
  for (auto const& word : to.file.words("auxprop_plugin")) {
    auto const plugin = lowercase(word);
    if (std::ranges::find(plugins, plugin) == plugins.end()) {
      return misused(
          to.file, "auxprop_plugin",
          fmt::format("there is no plugin \"{}\"; there are {}", printable(word, 64), fmt::join(plugins, ", ")));
    }
    to.plugins.push_back(plugin);
  }
  return {};
}

result<> set_numbers(cyrus_options& to) {
  if (auto const* const level = to.file.find("log_level")) {
    auto const number = parse_unsigned(level->value);
    if (!number || *number > 7) return misused(to.file, "log_level", "this is a number from 0 to 7");
    to.log_level = static_cast<int>(*number);
  }
  if (auto const* const counter = to.file.find("scram_iteration_counter")) {
    auto const number = parse_unsigned(counter->value);
    if (!number || *number < sasl::scram_iterations_min || *number > sasl::scram_iterations_max) {
      return misused(to.file, "scram_iteration_counter", "this is a number from 4096 to 65536");
    }
    to.scram_iterations = static_cast<unsigned>(*number);
  }
  return {};
}

void note_strangers(cyrus_options& to) {
  constexpr auto known = std::to_array<std::string_view>(
      {"pwcheck_method", "mech_list", "saslauthd_path", "auxprop_plugin", "auto_transition", "log_level", "keytab",
       "scram_secret_generate", "scram_iteration_counter", "canon_user_plugin"});
  for (auto const& entry : to.file.entries()) {
    bool const read = std::ranges::find(known, entry.key) != known.end() ||
                      std::ranges::any_of(elsewhere, [&](auto prefix) { return entry.key.starts_with(prefix); });
    if (read) continue;
    bool const meaningless = std::ranges::find(idle, entry.key) != idle.end();
    to.notes.push_back(fmt::format("{}:{}: {} {}", to.file.path(), entry.line, printable(entry.key, 64),
                                   meaningless ? "has no effect here" : "is not an option of Cyrus SASL"));
  }
}

}  // namespace

bool is_yes(std::string_view value) {
  return value.starts_with('1') || value.starts_with('y') || value.starts_with('t') || value.starts_with("on");
}

result<cyrus_options> make_cyrus_options(sasl_conf file) {
  cyrus_options out;
  out.file = std::move(file);
  if (auto const good = set_methods(out); !good) return std::unexpected(good.error());
  if (auto const good = set_plugins(out); !good) return std::unexpected(good.error());
  if (auto const good = set_numbers(out); !good) return std::unexpected(good.error());
  out.mechanisms = out.file.words("mech_list");
  out.saslauthd_path = out.file.text("saslauthd_path", default_saslauthd_path);
  out.sasldb_path = out.file.text("sasldb_path", out.sasldb_path);
  out.keytab = out.file.text("keytab");
  out.scram_secret_generate = is_yes(out.file.text("scram_secret_generate"));
  auto const transition = out.file.text("auto_transition", "no");
  if (transition == "noplain") {
    out.transition = auto_transition::noplain;
  } else if (is_yes(transition)) {
    out.transition = auto_transition::yes;
  }
  for (auto const* const key : {"saslauthd_path", "sasldb_path"}) {
    if (auto const* const path = out.file.find(key); path != nullptr && !path->value.starts_with('/')) {
      return misused(out.file, key, "this is a whole path, from / on");
    }
  }
  note_strangers(out);
  return out;
}

std::vector<std::string> named_mechanisms(cyrus_options const& options) {
  if (!options.mechanisms.empty()) return options.mechanisms;
  std::vector<std::string> all;
  for (auto const& row : sasl::mechanisms()) {
    if (row.name != "ANONYMOUS" && row.name != "NTLM") all.emplace_back(row.name);
  }
  return all;
}

std::vector<std::string> config_directories(config::settings const& from) {
  return config::list_sasl_directories(from);
}

}  // namespace postern::auth::cyrus
