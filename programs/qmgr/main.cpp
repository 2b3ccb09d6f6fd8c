// qmgr: owns the spool; schedules deliveries, retries, tells senders.
#include <unordered_map>

#include "base/log.hpp"
#include "delivery/queue_admin.hpp"
#include "delivery/queue_service.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

/// Deliveries under way may end until then; what does not is tried again after the start.
constexpr auto stop_limit = std::chrono::seconds(8);

net::task<> stop(service::environment& env, delivery::queue_service& queue, delivery::queue_admin& admin) {
  (void)co_await admin.stop();
  (void)co_await queue.stop(stop_limit);
  env.stopped();
}

int serve(service::environment& env) {
  auto routes = delivery::router::load(env.settings());
  if (!routes) return log::fatal("{}", routes.error().text), 1;
  delivery::queue_service queue(env.loop(), os::native_filesystem(), delivery::load_queue_settings(env.settings()),
                                std::move(*routes));
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
  queue.start({{"smtp", env.socket_path("private/smtp")}, {"local", env.socket_path("private/local")}});
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(stop(env, queue, admin), "stopping"); });
  return env.run();
}

}  // namespace

int main(int argc, char** argv) { return service::run({.name = "qmgr", .body = serve}, argc, argv); }
