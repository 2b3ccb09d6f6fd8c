#include "programs/saslauthd/serve.hpp"

#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "auth/saslauthd/mux_server.hpp"
#include "base/log.hpp"
#include "service/program.hpp"

namespace postern::programs {
namespace {

using auth::saslauthd::mux_server;

constexpr std::string_view socket_prefix = "private/check-";
constexpr auto answer_time = std::chrono::seconds(30);

// Steps a mux server whenever its descriptor or its next deadline is due.
class driven_server {
 public:
  driven_server(net::event_loop& loop, std::unique_ptr<mux_server> server)
      : server_(std::move(server)),
        ready_(loop.get_executor(), ::dup(server_->descriptor())),
        timer_(loop.get_executor()) {}

  void start() {
    wait_ready();
    step();
  }
  void stop() { server_->stop_accepting(); }
  bool idle() const { return server_->idle(); }

 private:
  void step() {
    timer_.expires_after(server_->step(std::chrono::milliseconds(0)));
    timer_.async_wait([this](auto error) {
      if (!error) step();
    });
  }
  void wait_ready() {
    ready_.async_wait(ready_.wait_read, [this](auto error) {
      if (error) return;
      step();
      wait_ready();
    });
  }

  std::unique_ptr<mux_server> server_;
  net::asio::posix::basic_stream_descriptor<net::executor> ready_;
  net::asio::basic_waitable_timer<std::chrono::steady_clock, net::asio::wait_traits<std::chrono::steady_clock>,
                                  net::executor>
      timer_;
};

using servers = std::vector<std::unique_ptr<driven_server>>;

// Before the sandbox: PAM's helper process and whatever name service modules load come from here.
result<> prepare(service::environment& env, servers& out) {
  for (auto& socket : env.take_listeners()) {
    if (!socket.address.starts_with(socket_prefix)) return fail("no check is served on " + socket.address);
    auto const mechanism = socket.address.substr(socket_prefix.size());
    auth::saslauthd::mux_server_options options{.mechanism = mechanism, .row = auth::find_password_backend(mechanism)};
    if (options.row == nullptr) return fail("there is no mechanism " + mechanism);
    options.backend.time_limit = answer_time;
    auto server = mux_server::make(std::move(options));
    if (!server) return std::unexpected(server.error());
    (*server)->serve(std::move(socket.fd));
    out.push_back(std::make_unique<driven_server>(env.loop(), std::move(*server)));
  }
  return {};
}

int serve(service::environment& env, servers& all) {
  for (auto& each : all) each->start();
  env.on_stop([&] {
    for (auto& each : all) each->stop();
    env.loop().every(std::chrono::milliseconds(20), [&] {
      bool const done = std::ranges::all_of(all, [](auto const& each) { return each->idle(); });
      if (done) env.stopped();
      return !done;
    });
  });
  return env.run();
}

}  // namespace

int serve_checks(int argc, char** argv) {
  servers all;
  return service::run({.name = "saslauthd",
                       .prepare = [&all](service::environment& env) { return prepare(env, all); },
                       .body = [&all](service::environment& env) { return serve(env, all); }},
                      argc, argv);
}

}  // namespace postern::programs
