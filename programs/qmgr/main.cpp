// qmgr: owns the spool; schedules deliveries, retries, tells senders.
#include <unordered_map>

#include "base/log.hpp"
#include "delivery/notice_addresses.hpp"
#include "delivery/notice_checks.hpp"
#include "delivery/queue_admin.hpp"
#include "delivery/queue_service.hpp"
#include "delivery/transports.hpp"
#include "delivery/verify_service.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

/// Deliveries under way may end until then; what does not is tried again after the start.
constexpr auto stop_limit = std::chrono::seconds(8);

constexpr auto goodbye_limit = std::chrono::seconds(1);

net::task<> stop(service::environment& env, delivery::queue_service& queue, delivery::queue_admin& admin,
                 delivery::verify_service& verify) {
  (void)co_await admin.stop();
  (void)co_await verify.stop(goodbye_limit);
  (void)co_await queue.stop(stop_limit);
  env.stopped();
}

struct prepared {
  std::unordered_map<std::string, std::string> transports;
  delivery::verify_settings verify;
  std::unique_ptr<maps::lmdb_store> probes;
};

/// Before the sandbox closes: master.cf is read, tables are asked for, the memory of address probes is opened.
result<> prepare(service::environment& env, prepared& out) {
  out.verify = delivery::load_verify_settings(env.settings());
  out.probes = delivery::open_verify_store(out.verify);
  out.transports =
      delivery::find_transports(env.settings(), env.socket_path("private/smtp"), env.socket_path("private/local"));
  os::sandbox_rules tables;
  delivery::ask_for_notice_tables(env.settings(), tables);
  delivery::ask_for_notice_check_tables(env.settings(), tables);
  env.ask_for(tables);
  return {};
}

/// Address probes: routes, aliases and connections of their own.
result<std::unique_ptr<delivery::verify_service>> make_verify_service(service::environment& env, prepared& from) {
  auto routes = delivery::router::load_for_probes(env.settings());
  if (!routes) return std::unexpected(routes.error());
  auto aliases = delivery::notice_addresses::load(env.settings());
  if (!aliases) return std::unexpected(aliases.error());
  auto listening = env.take_listener("private/verify");
  if (!listening) return std::unexpected(listening.error());
  delivery::address_prober::parts parts{std::move(*routes), policy::probe_sender::load(env.settings()),
                                        std::move(*aliases), from.transports};
  auto made =
      std::make_unique<delivery::verify_service>(env.loop(), from.verify, std::move(from.probes), std::move(parts));
  made->serve(std::move(*listening));
  return made;
}

int serve(service::environment& env, prepared& from) {
  auto routes = delivery::router::load(env.settings());
  if (!routes) return log::fatal("{}", routes.error().text), 1;
  auto queue_settings = delivery::load_queue_settings(env.settings());
  auto addresses = delivery::notice_addresses::load(env.settings());
  if (!addresses) return log::fatal("{}", addresses.error().text), 1;
  queue_settings.addresses = std::move(*addresses);
  auto checks = delivery::notice_checks::load(env.settings());
  if (!checks) return log::fatal("{}", checks.error().text), 1;
  queue_settings.checks = std::move(*checks);
  delivery::queue_service queue(env.loop(), os::native_filesystem(), std::move(queue_settings), std::move(*routes));
  if (auto ready = queue.recover(); !ready) return log::fatal("queue: {}", ready.error().text), 1;
  auto writers = env.take_listener("private/qmgr");
  if (!writers) return log::fatal("{}", writers.error().text), 1;
  queue.serve_writers(std::move(*writers));
  delivery::queue_admin admin(env.loop(), queue);
  auto commands = env.take_listener("public/qmgr-admin");
  if (commands) {
    admin.serve(std::move(*commands));
  } else {
    log::warning("postern queue will not work: {}", commands.error().text);
  }
  auto verify = make_verify_service(env, from);
  if (!verify) return log::fatal("{}", verify.error().text), 1;
  queue.start(from.transports);
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(stop(env, queue, admin, **verify), "stopping"); });
  return env.run();
}

}  // namespace

int main(int argc, char** argv) {
  prepared made;
  return service::run({.name = "qmgr",
                       .prepare = [&made](service::environment& env) { return prepare(env, made); },
                       .body = [&made](service::environment& env) { return serve(env, made); }},
                      argc, argv);
}
