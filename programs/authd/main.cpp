// authd: who may log in. Serves the Dovecot auth protocol on private/auth; the only program that reads credentials.
#include "auth/account_store.hpp"
#include "auth/auth_options.hpp"
#include "auth/auth_server.hpp"
#include "auth/server_secret.hpp"
#include "base/log.hpp"
#include "os/random.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

/// How long a stop waits for exchanges: they answer within the failure delay unless a client is thinking.
constexpr auto stop_time = std::chrono::seconds(5);

/// Without its file the salts of unknown users change with every start; that is no reason to let nobody in.
secret make_server_secret(config::settings const& settings) {
  auto kept = auth::load_server_secret(auth::server_secret_path(settings));
  if (kept) return std::move(*kept);
  log::error("{}", kept.error().text);
  return secret(os::random_octets(32));
}

result<> prepare(service::environment& env, auth::auth_server::options& out) {
  auto setup = auth::load_auth_options(env.settings());
  if (!setup) return std::unexpected(setup.error());
  for (auto const& row : setup->left_out) log::warning("{} is not offered: {} (authd_mechanisms)", row.name, row.why);
  out = std::move(setup->options);
  // Made here, before the sandbox closes. Trouble is told now, and again with each login, but it may be mended
  // meanwhile.
  auto const store = auth::account_store::open(auth::account_database_path(env.settings()));
  if (!store) log::error("nobody can log in: {}", store.error().text);
  out.verification.server_secret = make_server_secret(env.settings());
  return {};
}

net::task<> end(auth::auth_server& server, service::environment& env) {
  co_await server.shut_down(stop_time);
  env.stopped();
}

int serve(service::environment& env, auth::auth_server::options& options) {
  auth::auth_server server(env.loop(), std::move(options));
  for (auto& socket : env.take_listeners()) server.serve(std::move(socket.fd));
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(end(server, env), "stopping authd"); });
  return env.run();
}

}  // namespace

int main(int argc, char** argv) {
  auth::auth_server::options options;
  return service::run({.name = "authd",
                       .prepare = [&options](service::environment& env) { return prepare(env, options); },
                       .body = [&options](service::environment& env) { return serve(env, options); }},
                      argc, argv);
}
