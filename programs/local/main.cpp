// local: delivers into the mailboxes of this host.
#include "base/log.hpp"
#include "delivery/agent.hpp"
#include "delivery/local_delivery.hpp"
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
                                env.socket_path("private/auth"));
  delivery::agent agent(env.loop(), [&mailer](ipc::delivery_request request, os::unique_fd segment) {
    return mailer.deliver(std::move(request), std::move(segment));
  });
  agent.serve(std::move(*listening));
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(stop(env, agent), "stopping"); });
  return env.run();
}

}  // namespace

int main(int argc, char** argv) { return service::run({.name = "local", .body = serve}, argc, argv); }
