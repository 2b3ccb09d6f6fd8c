#include "service/master/control_server.hpp"

#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "os/listening_socket.hpp"

namespace postern::service::master {
namespace {

using namespace std::chrono_literals;

/// A control server on a socket of its own, and what its trace source was asked.
struct fixture {
  net::event_loop loop;
  std::string path = "/tmp/postern-control-" + std::to_string(::getpid());
  std::string filter;
  trace_source::show show;
  std::uint64_t ended = 0;
  std::unique_ptr<control_server> server;
  std::unique_ptr<net::stream> client;  ///< outlives the coroutine that reads from it
  std::string heard;
  net::task_scope scope{loop};

  fixture() {
    auto socket = os::listen_unix(path, 0600);
    EXPECT_TRUE(socket.has_value());
    trace_source traces{[this](std::string_view wanted, trace_source::show to) {
                          filter = wanted;
                          show = std::move(to);
                          return std::uint64_t{7};
                        },
                        [this](std::uint64_t number) { ended = number; }};
    server = std::make_unique<control_server>(
        loop, std::move(*socket), [](std::string_view request) { return "you said " + std::string(request) + "\n.\n"; },
        std::move(traces));
  }
  // Coroutines that wait for each other keep each other alive: end them while the loop can still carry that out.
  ~fixture() {
    loop.post([this] {
      server->stop();
      scope.cancel_all();
    });
    run([this] { return scope.size() == 0; });
    while (loop.context().poll() > 0) continue;
    ::unlink(path.c_str());
  }

  template <class Until>
  void run(Until done) {
    auto end = std::chrono::steady_clock::now() + 60s;
    while (!done() && std::chrono::steady_clock::now() < end) loop.context().run_one_for(100ms);
    EXPECT_TRUE(done());
  }
};

net::task<> talk(fixture& with, std::string request) {
  auto connected = co_await net::connect_unix(with.loop, with.path, 5s);
  with.client = std::move(*connected);
  co_await with.client->write(request, 5s);
  char buffer[512];
  for (;;) {
    auto got = co_await with.client->read_some(buffer, 5s);
    if (!got) co_return;
    with.heard.append(buffer, *got);
  }
}

TEST(control_server, answers_a_request) {
  fixture with;
  with.scope.spawn(talk(with, "status\n"), "client");
  with.run([&] { return with.heard == "you said status\n.\n"; });
}

TEST(control_server, feeds_a_trace_until_its_client_goes) {
  fixture with;
  with.scope.spawn(talk(with, "trace user=joe\n"), "client");
  with.run([&] { return with.heard == "ok\n"; });
  EXPECT_EQ(with.filter, "user=joe");
  with.show("< a");
  with.show("> b");
  with.run([&] { return with.heard == "ok\n< a\n> b\n"; });
  EXPECT_EQ(with.ended, 0U);
  with.client->shutdown_write();
  with.run([&] { return with.ended == 7; });
}

TEST(control_server, counts_the_lines_of_a_trace_that_nobody_takes) {
  fixture with;
  with.scope.spawn(talk(with, "trace\n"), "client");
  with.run([&] { return with.heard == "ok\n"; });
  EXPECT_EQ(with.filter, "");
  for (std::size_t i = 0; i < trace_feed::lines_max + 5; ++i) with.show("x");
  with.run([&] { return with.heard.size() == 3 + 2 * trace_feed::lines_max; });
  with.show("y");
  with.run([&] { return with.heard.ends_with("(5 lines were lost)\ny\n"); });
}

}  // namespace
}  // namespace postern::service::master
