#include "receive/anvil_settings.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "maps/table.hpp"

namespace postern::receive {
namespace {

constexpr char const* country_maps = "account_country_maps";
constexpr char const* exceptions = "smtpd_client_event_limit_exceptions";

std::uint64_t count_of(config::settings const& from, char const* name) {
  return static_cast<std::uint64_t>(from.integer(name));
}

/// Networks and files of them; everything else is a host name or a domain.
bool names_networks(std::string_view entry) {
  if (entry.starts_with('!')) entry.remove_prefix(1);
  return entry.starts_with('/') || entry.find(':') != std::string_view::npos || ip_network::parse(entry).has_value();
}

result<> load_exceptions(config::settings const& settings, anvil_settings& out) {
  std::vector<std::string> networks;
  std::vector<std::string> names;
  for (auto& entry : settings.list(exceptions)) (names_networks(entry) ? networks : names).push_back(lowercase(entry));
  auto by_network = policy::network_match_list::load(exceptions, networks);
  if (!by_network) return std::unexpected(by_network.error());
  auto by_name = policy::domain_match_list::load(exceptions, names, maps::matches_subdomains(settings, exceptions));
  if (!by_name) return std::unexpected(by_name.error());
  out.excepted_networks = std::move(*by_network);
  out.excepted_names = std::move(*by_name);
  return {};
}

bool watches_accounts(config::settings const& settings) {
  return std::ranges::any_of(
      std::initializer_list<char const*>{"account_day_message_limit", "account_day_recipient_limit",
                                         "account_day_new_recipient_limit", "account_hour_message_limit",
                                         "account_hour_recipient_limit", "account_hour_new_recipient_limit",
                                         "account_network_limit"},
      [&](char const* name) { return settings.integer(name) > 0; });
}

}  // namespace

result<anvil_settings> load_anvil_settings(config::settings const& settings,
                                           std::vector<ip_address> const& interfaces) {
  anvil_settings out;
  out.client = {.connection_count = count_of(settings, "smtpd_client_connection_count_limit"),
                .connection_rate = count_of(settings, "smtpd_client_connection_rate_limit"),
                .message_rate = count_of(settings, "smtpd_client_message_rate_limit"),
                .recipient_rate = count_of(settings, "smtpd_client_recipient_rate_limit"),
                .new_tls_session_rate = count_of(settings, "smtpd_client_new_tls_session_rate_limit"),
                .auth_rate = count_of(settings, "smtpd_client_auth_rate_limit")};
  out.account_message_rate = count_of(settings, "smtpd_sasl_message_rate_limit");
  out.account_recipient_rate = count_of(settings, "smtpd_sasl_recipient_rate_limit");
  if (auto loaded = load_exceptions(settings, out); !loaded) return std::unexpected(loaded.error());
  out.host_name = settings.text("myhostname");
  out.service_name = settings.text("service_name");
  if (auto countries = maps::map_list::load(country_maps, settings.list(country_maps))) {
    out.countries = std::move(*countries);
  } else {
    log::error("{}: countries are not counted", countries.error().text);
  }
  bool const counts_countries = !out.countries.empty() && settings.integer("account_country_limit") > 0;
  out.watches_accounts = counts_countries || watches_accounts(settings);
  out.trusts_unwatched = settings.text("account_limit_default_action") == "accept";
  out.patience = settings.duration("anvil_answer_timeout");
  out.windows_check_sender = settings.text("roaming_sender_check") != "none";
  out.window_message_rate = count_of(settings, "roaming_message_rate_limit");
  auto logins = maps::map_list::load("smtpd_sender_login_maps", settings.list("smtpd_sender_login_maps"));
  if (logins) {
    out.sender_logins = std::move(*logins);
  } else {
    out.login_trouble = logins.error().text;
  }
  out.extensions = maps::extension_rules::load(settings);
  auto addresses = policy::address_resolver::load(settings, interfaces);
  if (!addresses) return std::unexpected(addresses.error());
  out.addresses = std::move(*addresses);
  return out;
}

void ask_for_anvil_tables(config::settings const& settings, os::sandbox_rules& rules) {
  for (auto const& table : settings.list(country_maps)) maps::ask_for_table(table, rules);
}

}  // namespace postern::receive
