#include "anvil/settings.hpp"

namespace postern::anvil {
namespace {

std::uint64_t count_of(config::settings const& from, char const* name) {
  return static_cast<std::uint64_t>(from.integer(name));
}

}  // namespace

settings load_settings(config::settings const& from) {
  settings out;
  out.rates.unit = from.duration("anvil_rate_time_unit");
  out.status_time = from.duration("anvil_status_update_time");
  out.directory = from.text("anvil_directory");
  out.windows.time = from.duration("roaming_window");
  out.windows.ipv6_prefix = static_cast<unsigned>(from.integer("roaming_ipv6_prefix"));
  out.windows.rate_unit = out.rates.unit;
  out.logins.address_limit = count_of(from, "login_failure_address_limit");
  out.logins.network_limit = count_of(from, "login_failure_network_limit");
  out.logins.account_limit = count_of(from, "login_failure_account_limit");
  out.logins.delay_max = from.duration("login_failure_delay_limit");
  out.logins.forget_time = from.duration("login_failure_time");
  out.logins.known_time = from.duration("login_known_time");
  out.accounts.hour = {count_of(from, "account_hour_message_limit"), count_of(from, "account_hour_recipient_limit"),
                       count_of(from, "account_hour_new_recipient_limit")};
  out.accounts.day = {count_of(from, "account_day_message_limit"), count_of(from, "account_day_recipient_limit"),
                      count_of(from, "account_day_new_recipient_limit")};
  out.accounts.networks = count_of(from, "account_network_limit");
  out.accounts.countries = count_of(from, "account_country_limit");
  out.accounts.network_time = from.duration("account_network_time");
  out.accounts.known_recipient_time = from.duration("account_known_recipient_time");
  for (auto& name : from.list("account_limit_exceptions")) out.accounts.exceptions.insert(std::move(name));
  return out;
}

}  // namespace postern::anvil
