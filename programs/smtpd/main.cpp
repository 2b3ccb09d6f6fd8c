// smtpd: the SMTP server: MX, submission and submissions, by master.cf.
#include "base/log.hpp"
#include "net/resolver.hpp"
#include "os/interfaces.hpp"
#include "receive/local_submission.hpp"
#include "receive/policy_needs.hpp"
#include "receive/policy_services.hpp"
#include "receive/smtp_server.hpp"
#include "receive/tls_settings.hpp"
#include "receive/verify_client.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

/// What is made before the sandbox closes: keys are read, interfaces are listed.
struct prepared {
  std::shared_ptr<net::tls_context> tls;
  std::string tls_trouble;
  std::vector<ip_address> interfaces;
  std::shared_ptr<receive::service_settings const> settings;
  receive::auth_place auth;
  net::resolver_options resolver;
  std::unique_ptr<os::scratch_file> scratch;
};

/// Our own sockets stand in programs/PRIVILEGES; what else the configuration names is asked for.
result<receive::auth_place> find_auth_place(service::environment& env) {
  auto const path = receive::auth_socket_path(env.settings());
  if (path == "private/auth" || path == "private/sasl") return receive::auth_place{env.socket_path(path), std::nullopt};
  auto place = receive::load_auth_place(env.settings());
  if (place && place->inet) env.ask_for({.tcp = {.any = false, .connect_ports = {place->inet->port}}});
  return place;
}

/// Mail filters, and the one in front of the queue: the way to them, and room for what they look at.
result<> prepare_milters(service::environment& env, prepared& out) {
  if (!out.settings->milters.any_anywhere() && !out.settings->proxy.whole_first) return {};
  auto const limit = static_cast<std::size_t>(env.settings().integer("milter_scratch_limit"));
  auto made =
      os::scratch_file::make(env.settings().text("queue_directory") + "/spool", limit / os::scratch_file::block_octets);
  if (!made) return fail("room for mail filters: " + made.error().text);
  out.scratch = std::move(*made);
  os::sandbox_rules needs{.syscalls = {os::syscall_set::scratch}, .readable = {}, .writable = {}, .tcp = {}};
  receive::ask_for_milters(env.settings(), needs);
  env.ask_for(needs);
  return {};
}

result<> prepare(service::environment& env, prepared& out) {
  auto read_secret = [&env](std::string const& path) { return env.read_secret(path); };
  std::vector<std::string> problems;
  auto tls = receive::make_tls_context(env.settings(), read_secret, env.ticket_keys(), problems);
  for (auto const& problem : problems) log::warning("{}", problem);
  if (tls)
    out.tls = std::move(*tls);
  else
    out.tls_trouble = tls.error().text;
  if (!out.tls_trouble.empty()) log::error("TLS is off: {}; mend it and run postern reload", out.tls_trouble);
  out.interfaces = os::interface_addresses();
  auto loaded = receive::load_service_settings(env.settings(), out.interfaces, out.tls, out.tls_trouble);
  if (!loaded) return std::unexpected(loaded.error());
  out.settings = std::move(*loaded);
  os::sandbox_rules tables;
  if (receive::appends_default_authorities(env.settings())) tables.readable = net::default_authority_places();
  receive::ask_for_content_tables(env.settings(), tables);
  receive::ask_for_anvil_tables(env.settings(), tables);
  receive::ask_for_proxy(out.settings->proxy, tables);
  if (receive::is_local_service(env.service_name(), env.settings())) {
    receive::ask_for_local_submission(out.settings->submission, env.settings(), tables);
  }
  receive::ask_for_policy(out.settings->gate, env.settings().text("queue_directory"), tables);
  env.ask_for(tables);
  if (auto milters = prepare_milters(env, out); !milters) return milters;
  for (auto const& problem : out.settings->gate.problems()) log::warning("{}", problem);
  for (auto const& problem : out.settings->sasl_troubles) log::warning("{}", problem);
  if (auto found = find_auth_place(env)) {
    out.auth = std::move(*found);
  } else {
    // Mail goes on without logins; they hear 454.
    log::error("nobody can log in: {}", found.error().text);
    out.auth.name = env.settings().text("smtpd_sasl_path");
  }
  if (auto dns = net::load_resolver_options(env.settings().list("resolver_address"))) out.resolver = std::move(*dns);
  return {};
}

/// For tables that block. A worker keeps a connection of its own to each.
constexpr std::size_t lookup_workers = 4, lookups_waiting_max = 1000;

/// Above this share of its session limit a process is under stress; below half of it that is over.
constexpr double stress_share = 0.8;

int serve(service::environment& env, prepared& from) {
  auto const& settings = env.settings();
  receive::spool_client spool(env.loop(), env.socket_path("private/qmgr"));
  receive::auth_client users(env.loop(), env.socket_path("private/accounts"), std::chrono::seconds(60));
  receive::auth_client auth(env.loop(), from.auth, std::chrono::seconds(60));
  ipc::anvil_client anvil(env.loop(), env.socket_path("private/anvil"), from.settings->anvil->patience);
  net::resolver resolver(env.loop(), std::move(from.resolver));
  auto* peer_names = settings.boolean("smtpd_peername_lookup") ? &resolver : nullptr;
  receive::policy_services policy_servers(
      env.loop(), &resolver, settings.text("queue_directory"),
      static_cast<std::size_t>(settings.integer("policy_service_connection_limit")));
  receive::verify_client probes(env.loop(), env.socket_path("private/verify"));
  receive::buffer_pool buffers;
  maps::lookup_pool lookups(lookup_workers, lookups_waiting_max);
  receive::dialogue_watch traces(
      [&env](std::uint64_t watch, std::string_view line) { return env.report_dialogue(watch, line); });
  env.on_watch([&traces](std::uint64_t watch, std::optional<std::string> filter) {
    filter ? traces.begin(watch, *filter) : traces.end(watch);
  });
  auto sessions_max = static_cast<std::size_t>(settings.integer("smtpd_session_limit"));
  receive::smtp_server server({env.loop(), spool, &auth, &users, peer_names, buffers, &traces, &anvil, &lookups,
                               nullptr, &resolver, &policy_servers, from.scratch.get(), &probes},
                              sessions_max);
  server.set_settings(from.settings);

  net::task_scope helpers(env.loop());
  helpers.spawn(anvil.run(), "anvil client");
  helpers.spawn(spool.run(), "spool client");
  for (auto& socket : env.take_listeners()) {
    if (socket.type == service::listening_socket::kind::inet) server.listen(std::move(socket.fd));
    if (socket.address == receive::local_submission_socket(settings)) server.listen_local(std::move(socket.fd));
  }
  server.on_session_count([&](std::size_t count) {
    env.report_sessions(count);
    auto limit = static_cast<double>(sessions_max) * stress_share;
    if (!env.stress() && static_cast<double>(count) > limit) env.set_stress(true);
    if (env.stress() && static_cast<double>(count) < limit / 2) env.set_stress(false);
  });
  env.on_settings_change([&] {
    auto loaded = receive::load_service_settings(env.settings(), from.interfaces, from.tls, from.tls_trouble);
    if (loaded) server.set_settings(std::move(*loaded));
  });
  env.on_stop([&] { server.stop([&] { env.stopped(); }); });
  env.on_hurry([&] { server.hurry(); });
  return env.run();
}

}  // namespace

int main(int argc, char** argv) {
  prepared made;
  return service::run({.name = "smtpd",
                       .prepare = [&made](service::environment& env) { return prepare(env, made); },
                       .body = [&made](service::environment& env) { return serve(env, made); }},
                      argc, argv);
}
