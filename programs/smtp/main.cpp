// smtp: the outbound SMTP client.
#include "base/log.hpp"
#include "delivery/agent.hpp"
#include "delivery/smtp_delivery.hpp"
#include "maps/table.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

/// What is made before the sandbox closes: keys, tables and resolver files are read.
struct prepared {
  delivery::smtp_settings settings;
  net::resolver_options resolver;
};

constexpr auto stop_limit = std::chrono::seconds(20);
constexpr auto goodbye_limit = std::chrono::seconds(2);

result<> prepare(service::environment& env, prepared& out) {
  auto read_secret = [&env](std::string const& path) { return env.read_secret(path); };
  auto settings = delivery::load_smtp_settings(env.settings(), read_secret);
  if (!settings) return std::unexpected(settings.error());
  out.settings = std::move(*settings);
  os::sandbox_rules tables;
  delivery::ask_for_outbound_tables(env.settings(), tables);
  env.ask_for(tables);
  for (auto const* parameter : {"smtp_sasl_password_maps", "smtp_tls_per_site"}) {
    os::sandbox_rules of_tables;
    for (auto const& table : env.settings().list(parameter)) maps::ask_for_table(table, of_tables);
    env.ask_for(of_tables);
  }
  auto resolver = net::load_resolver_options(env.settings().list("resolver_address"));
  if (!resolver) return std::unexpected(resolver.error());
  out.resolver = std::move(*resolver);
  return {};
}

net::task<> stop(service::environment& env, delivery::agent& agent, delivery::smtp_client& client) {
  (void)co_await agent.stop(stop_limit);
  (void)co_await client.stop(goodbye_limit);
  env.stopped();
}

int serve(service::environment& env, prepared& from) {
  // "private/smtp", or that of a transport which master.cf adds.
  auto listeners = env.take_listeners();
  if (listeners.empty()) return log::fatal("no socket to take deliveries from"), 1;
  net::resolver names(env.loop(), std::move(from.resolver));
  delivery::smtp_client client(env.loop(), std::move(from.settings), names);
  delivery::agent agent(env.loop(), [&client](ipc::delivery_request request, os::unique_fd segment) {
    return client.deliver(std::move(request), std::move(segment));
  });
  agent.serve(std::move(listeners.front().fd));
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(stop(env, agent, client), "stopping"); });
  return env.run();
}

}  // namespace

int main(int argc, char** argv) {
  prepared made;
  return service::run({.name = "smtp",
                       .prepare = [&made](service::environment& env) { return prepare(env, made); },
                       .body = [&made](service::environment& env) { return serve(env, made); }},
                      argc, argv);
}
