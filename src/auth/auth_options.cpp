#include "auth/auth_options.hpp"

#include <thread>

#include "base/text.hpp"

namespace postern::auth {
namespace {

result<std::vector<std::string>> load_mechanisms(config::settings const& from) {
  auto names = from.list("authd_mechanisms");
  for (auto const& name : names) {
    if (sasl::find_mechanism(name) != nullptr) continue;
    return fail("authd_mechanisms: there is no mechanism \"" + printable(name, 64) + "\"");
  }
  if (names.empty()) return fail("authd_mechanisms is empty: nobody could log in");
  return names;
}

template <class Number>
Number load_number(config::settings const& from, std::string_view name) {
  return static_cast<Number>(from.integer(name));  // the parameter's row keeps it within bounds
}

}  // namespace

std::string account_database_path(config::settings const& from) {
  return from.text("data_directory") + "/accounts.sqlite";
}

account_names load_account_names(config::settings const& from) {
  return account_names(from.list("authd_local_domains"));
}

result<auth_server::options> load_auth_options(config::settings const& from) {
  auto mechanisms = load_mechanisms(from);
  if (!mechanisms) return std::unexpected(mechanisms.error());
  auth_server::options options;
  options.session.mechanisms = std::move(*mechanisms);
  options.session.plaintext_requires_tls = from.boolean("authd_plaintext_requires_tls");
  options.session.failure_delay = from.duration("authd_failure_delay");
  options.session.exchange_time = from.duration("authd_request_timeout");
  options.session.exchanges_max = load_number<std::size_t>(from, "authd_exchange_limit");
  options.connections_max = load_number<std::size_t>(from, "authd_connection_limit");
  options.verification.database_path = account_database_path(from);
  options.verification.local_domains = from.list("authd_local_domains");
  options.verification.hash_workers = load_number<unsigned>(from, "authd_hash_workers");
  if (options.verification.hash_workers == 0) {
    options.verification.hash_workers = std::max(1U, std::thread::hardware_concurrency());
  }
  options.verification.hash_queue_max = load_number<std::size_t>(from, "authd_hash_queue_limit");
  options.verification.cache.time_to_live = from.duration("authd_cache_ttl");
  options.verification.cache.entries_max = load_number<std::size_t>(from, "authd_cache_limit");
  return options;
}

}  // namespace postern::auth
