#pragma once
// Purpose: a scripted SMTP server on the loop of a test: says what it is told to, remembers what it hears.
// Concurrency: the loop's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery::testing {

class fake_smtp_server {
 public:
  struct script {
    std::string greeting = "220 fake.example ESMTP\r\n";
    std::string ehlo = "250-fake.example\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n";
    /// The reply to a command line; empty: the usual one. "drop": close the connection.
    std::function<std::string(std::string const& command)> reply = [](auto const&) { return std::string{}; };
    std::string after_content = "250 2.0.0 Ok: queued as FAKE\r\n";
    bool drop_in_content = false;
    bool drop_after_message = false;
  };

  fake_smtp_server(net::event_loop& loop, script what);
  ~fake_smtp_server();

  std::uint16_t port() const noexcept { return port_; }
  std::string next_hop() const { return "[127.0.0.1]:" + std::to_string(port_); }

  std::vector<std::string> commands;  ///< lines, without CRLF
  std::vector<std::string> messages;  ///< as they came, dots and all, without the end
  int connections = 0;
  int largest_batch = 0;  ///< most commands that came in one read

 private:
  net::task<> accept_all();
  net::task<> talk(std::unique_ptr<net::stream> with);
  net::task<bool> on_line(net::stream& with, std::string line, std::string& input);
  net::task<bool> read_content(net::stream& with, std::string& input);

  net::event_loop& loop_;
  script script_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::listener> listener_;
  net::task_scope scope_;
};

/// A socket that has a free port of 127.0.0.1 for itself and refuses connections.
os::unique_fd bind_to_loopback(std::uint16_t& port);
/// A listening socket on a free port of 127.0.0.1.
os::unique_fd listen_on_loopback(std::uint16_t& port);

/// Runs the loop until the coroutine has its answer.
template <class T>
T run_on(net::event_loop& loop, net::task<T> work) {
  std::optional<T> out;
  net::task_scope scope(loop);
  auto keep = [](net::task<T> what, std::optional<T>& into) -> net::task<> { into = co_await std::move(what); };
  scope.spawn(keep(std::move(work), out), "test");
  loop.context().restart();
  while (scope.size() > 0) loop.context().run_one();
  return std::move(out.value());
}

/// Runs the loop until the condition holds; false when it does not within a minute.
bool run_until(net::event_loop& loop, std::function<bool()> const& condition);

/// Content in an unlinked file, as a spool segment is handed over.
os::unique_fd make_segment(std::string const& content);

}  // namespace postern::delivery::testing
