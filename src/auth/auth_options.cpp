#include "auth/auth_options.hpp"

#include <thread>

#include "auth/account_settings.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

template <class Number>
Number load_number(config::settings const& from, std::string_view name) {
  return static_cast<Number>(from.integer(name));  // the parameter's row keeps it within bounds
}

void choose(auth_setup& setup, config::settings const& from) {
  auto const named = from.list("authd_mechanisms");
  if (named.empty()) setup.troubles.emplace_back("authd_mechanisms is empty: nobody can log in");
  source_list sources;
  sources.push_back(make_account_source(setup.accounts));
  means const have{.sources = sources,
                   .tokens = static_cast<bool>(setup.options.verification.tokens),
                   .certificates = from.boolean("smtpd_tls_ask_ccert") || from.boolean("smtpd_tls_req_ccert"),
                   .kerberos = static_cast<bool>(setup.options.session.server.make_gss)};
  auto choice = choose_mechanisms(named, have);
  setup.options.offer = make_offer_chooser(named, have);
  setup.options.session.mechanisms = std::move(choice.offered);
  // The default names all that may be there.
  if (from.is_set("authd_mechanisms")) setup.left_out = std::move(choice.left_out);
}

}  // namespace

std::string account_database_path(config::settings const& from) {
  return from.text("data_directory") + "/accounts.sqlite";
}
std::string server_secret_path(config::settings const& from) { return from.text("data_directory") + "/auth-secret"; }

account_names load_account_names(config::settings const& from) {
  return account_names(from.list("authd_local_domains"));
}

source_factory put_accounts_first(account_source_options const& accounts, source_factory others) {
  return [accounts, others = std::move(others)]() -> result<source_list> {
    auto list = others ? others() : result<source_list>(source_list());
    if (list) list->insert(list->begin(), make_account_source(accounts));
    return list;
  };
}

auth_server::options load_common_options(config::settings const& from, login_means const& means) {
  auth_server::options options;
  options.verification.tokens = means.tokens;
  options.session.server.oauth_scope = means.oauth_scope;
  options.session.server.oauth_configuration = means.oauth_configuration;
  options.session.server.make_gss = means.make_gss;
  options.session.plaintext_requires_tls = from.boolean("authd_plaintext_requires_tls");
  options.session.failure_delay = from.duration("authd_failure_delay");
  options.session.exchange_time = from.duration("authd_request_timeout");
  options.session.exchanges_max = load_number<std::size_t>(from, "authd_exchange_limit");
  options.session.server.host = from.text("myhostname");
  auto const realm = from.text("smtpd_sasl_local_domain");
  options.session.server.realms = {realm.empty() ? options.session.server.host : realm};
  options.connections_max = load_number<std::size_t>(from, "authd_connection_limit");
  options.verification.workers = load_number<unsigned>(from, "authd_hash_workers");
  if (options.verification.workers == 0) {
    options.verification.workers = std::max(1U, std::thread::hardware_concurrency());
  }
  options.verification.token_workers = load_number<unsigned>(from, "authd_oauth_workers");
  options.verification.queue_max = load_number<std::size_t>(from, "authd_hash_queue_limit");
  options.verification.cache.time_to_live = from.duration("authd_cache_ttl");
  options.verification.cache.entries_max = load_number<std::size_t>(from, "authd_cache_limit");
  return options;
}

auth_setup load_auth_options(config::settings const& from, login_means const& means) {
  auth_setup setup{.options = load_common_options(from, means), .accounts = {}, .left_out = {}, .troubles = {}};
  setup.accounts.database_path = account_database_path(from);
  setup.accounts.local_domains = from.list("authd_local_domains");
  setup.accounts.weak = load_weak_secrets(from, setup.troubles);
  choose(setup, from);
  return setup;
}

}  // namespace postern::auth
