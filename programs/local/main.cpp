// local: delivers into the mailboxes of this host.
#include "base/log.hpp"
#include "delivery/agent.hpp"
#include "delivery/local_delivery.hpp"
#include "os/users.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

constexpr auto stop_limit = std::chrono::seconds(10);

net::task<> stop(service::environment& env, delivery::agent& agent) {
  (void)co_await agent.stop(stop_limit);
  env.stopped();
}

int serve(service::environment& env) {
  auto listening = env.take_listener("private/local");
  if (!listening) return log::fatal("{}", listening.error().text), 1;
  delivery::local_mailer mailer(env.loop(), os::native_filesystem(), delivery::load_local_settings(env.settings()),
                                env.socket_path("private/accounts"));
  delivery::agent agent(env.loop(), [&mailer](ipc::delivery_request request, os::unique_fd segment) {
    return mailer.deliver(std::move(request), std::move(segment));
  });
  agent.serve(std::move(*listening));
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(stop(env, agent), "stopping"); });
  return env.run();
}

/// Loads the modules of nsswitch.conf: in the sandbox no code can be loaded. Whether the name exists does not matter.
result<> prepare(service::environment& env) {
  (void)os::find_user(env.settings().text("mail_owner") + "-nobody");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return service::run({.name = "local", .prepare = prepare, .body = serve}, argc, argv);
}
