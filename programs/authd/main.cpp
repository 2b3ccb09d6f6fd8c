// authd: who may log in. Serves the Dovecot auth protocol on private/auth and private/accounts, from the accounts, and
// on private/sasl, as Cyrus SASL's smtpd.conf says; the only program that reads credentials.
#include <fmt/ranges.h>

#include "auth/account_store.hpp"
#include "auth/auth_options.hpp"
#include "auth/auth_server.hpp"
#include "auth/cyrus/cyrus_setup.hpp"
#include "auth/gss_acceptor.hpp"
#include "auth/oauth/oauth_setup.hpp"
#include "base/log.hpp"
#include "os/key_file.hpp"
#include "os/random.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

/// How long a stop waits for exchanges: they answer within the failure delay unless a client is thinking.
constexpr auto stop_time = std::chrono::seconds(5);
constexpr std::string_view cyrus_socket = "private/sasl";

struct prepared {
  auth::auth_setup own;
  auth::cyrus::cyrus_setup cyrus;
};

/// Without its file the salts of unknown users change with every start; that is no reason to let nobody in.
secret make_server_secret(config::settings const& settings) {
  auto kept = os::load_or_make_key(auth::server_secret_path(settings));
  if (kept) return std::move(*kept);
  log::error("{}", kept.error().text);
  return secret(os::random_octets(os::key_octets));
}

/// Empty: no tickets are taken.
std::function<std::unique_ptr<sasl::gss_context>()> load_keytab(service::environment& env) {
  auto const path = env.settings().text("authd_krb5_keytab");
  if (path.empty()) return {};
  auto const content = env.read_secret(path);
  auto acceptor = content ? auth::make_gss_acceptor(*content, auth::load_gss_name(env.settings()))
                          : std::unexpected(content.error());
  if (!acceptor) {
    log::warning("no GSSAPI: authd_krb5_keytab: {}", acceptor.error().text);
    return {};
  }
  env.ask_for({.syscalls = {os::syscall_set::files_read}, .readable = auth::gss_files(), .writable = {}, .tcp = {}});
  log::info("GSSAPI takes tickets for {}", fmt::join(acceptor->principals, ", "));
  return std::move(acceptor->make);
}

/// Tokens and tickets: what both sockets take, if the settings say so.
auth::login_means load_means(service::environment& env) {
  auto tokens =
      auth::oauth::load_oauth_setup(env.settings(), [&env](auto const& path) { return env.read_secret(path); });
  for (auto const& trouble : tokens.troubles) log::warning("{}", trouble);
  env.ask_for(tokens.needs);
  return {.tokens = std::move(tokens.tokens),
          .oauth_scope = std::move(tokens.scope),
          .oauth_configuration = std::move(tokens.configuration),
          .make_gss = load_keytab(env)};
}

result<> prepare(service::environment& env, prepared& out) {
  auto const means = load_means(env);
  out.own = auth::load_auth_options(env.settings(), means);
  for (auto const& trouble : out.own.troubles) log::warning("{}", trouble);
  for (auto const& row : out.own.left_out) {
    log::warning("{} is not offered: {} (authd_mechanisms)", row.name, row.why);
  }
  // Made here, before the sandbox closes. Trouble is told now, and again with each login, but it may be mended
  // meanwhile.
  auto const store = auth::account_store::open(out.own.accounts.database_path);
  if (!store) log::error("nobody can log in: {}", store.error().text);
  auto key = make_server_secret(env.settings());
  out.cyrus = auth::cyrus::load_cyrus_setup(env.settings(), out.own.accounts, key, means,
                                            [&env](auto const& path) { return env.read_secret(path); });
  out.own.options.verification.server_secret = key;
  out.cyrus.options.verification.server_secret = std::move(key);
  for (auto const& note : out.cyrus.notes) log::info("{}", note);
  for (auto const& trouble : out.cyrus.troubles) log::warning("{}", trouble);
  if (out.cyrus.verbose) log::set_verbose(true);
  env.ask_for(out.cyrus.needs);
  return {};
}

void guard_logins(auth::auth_server::options& of, std::shared_ptr<auth::login_guard> const& guard) {
  of.guard = guard;
  of.session.mark_secret = [guard](std::string_view user, secret const& password) {
    return guard->mark_secret(user, password);
  };
}

net::task<> end(auth::auth_server& own, auth::auth_server& cyrus, service::environment& env) {
  co_await own.shut_down(stop_time);
  co_await cyrus.shut_down(stop_time);
  env.stopped();
}

int serve(service::environment& env, prepared& from) {
  auto& accounts = from.own.accounts;
  accounts.usage = std::make_shared<auth::usage_log>(auth::usage_log::options{.database_path = accounts.database_path});
  from.own.options.verification.sources = auth::put_accounts_first(accounts);
  if (auto& sources = from.cyrus.options.verification.sources; from.cyrus.with_accounts) {
    sources = auth::put_accounts_first(accounts, std::move(sources));
  }
  ipc::anvil_client anvil(env.loop(), env.socket_path("private/anvil"),
                          env.settings().duration("anvil_answer_timeout"));
  auto const guard = std::make_shared<auth::login_guard>(env.loop(), anvil, auth::load_account_names(env.settings()),
                                                         from.own.options.verification.server_secret);
  for (auto* const options : {&from.own.options, &from.cyrus.options}) guard_logins(*options, guard);
  net::task_scope helpers(env.loop());
  helpers.spawn(anvil.run(), "anvil client");
  auth::auth_server own(env.loop(), std::move(from.own.options));
  auth::auth_server cyrus(env.loop(), std::move(from.cyrus.options));
  for (auto& socket : env.take_listeners()) {
    (socket.address == cyrus_socket ? cyrus : own).serve(std::move(socket.fd));
  }
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(end(own, cyrus, env), "stopping authd"); });
  int const status = env.run();
  accounts.usage.reset();  // the servers hold the rest: it writes what waits when they go
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  prepared ready;
  return service::run({.name = "authd",
                       .prepare = [&ready](service::environment& env) { return prepare(env, ready); },
                       .body = [&ready](service::environment& env) { return serve(env, ready); }},
                      argc, argv);
}
