#include "delivery/testing/fake_smtp_server.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/text.hpp"

namespace postern::delivery::testing {
namespace {

constexpr auto patience = std::chrono::seconds(60);

}  // namespace

os::unique_fd bind_to_loopback(std::uint16_t& port) {
  os::unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t length = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return socket;
}

os::unique_fd listen_on_loopback(std::uint16_t& port) {
  auto socket = bind_to_loopback(port);
  EXPECT_EQ(::listen(socket.get(), 16), 0);
  return socket;
}

bool run_until(net::event_loop& loop, std::function<bool()> const& condition) {
  auto until = std::chrono::steady_clock::now() + patience;
  loop.context().restart();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    loop.context().run_one_for(std::chrono::milliseconds(20));
    if (loop.context().stopped()) loop.context().restart();
  }
  return true;
}

os::unique_fd make_segment(std::string const& content) {
  os::unique_fd file(::memfd_create("segment", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return file;
}

fake_smtp_server::fake_smtp_server(net::event_loop& loop, script what)
    : loop_(loop), script_(std::move(what)), scope_(loop) {
  listener_ = std::make_unique<net::listener>(loop, listen_on_loopback(port_));
  scope_.spawn(accept_all(), "fake server");
}

fake_smtp_server::~fake_smtp_server() {
  // Inside the loop: from outside of it Asio would post the cancellation, and the coroutine might be gone by then.
  loop_.post([this] {
    listener_->stop();
    scope_.cancel_all();
  });
  (void)run_until(loop_, [this] { return scope_.size() == 0; });
}

net::task<> fake_smtp_server::accept_all() {
  for (;;) {
    auto socket = co_await listener_->accept();
    if (!socket) co_return;
    ++connections;
    scope_.spawn(talk(std::make_unique<net::stream>(loop_, std::move(*socket))), "fake session");
  }
}

net::task<> fake_smtp_server::talk(std::unique_ptr<net::stream> with) {
  (void)co_await with->write(script_.greeting, patience);
  std::string input;
  char buffer[4096];
  for (;;) {
    auto got = co_await with->read_some(buffer, patience);
    if (!got) co_return;
    input.append(buffer, *got);
    int batch = 0;
    for (auto end = input.find("\r\n"); end != std::string::npos; end = input.find("\r\n")) {
      auto line = input.substr(0, end);
      input.erase(0, end + 2);
      largest_batch = std::max(largest_batch, ++batch);
      if (!co_await on_line(*with, line, input)) co_return;
    }
  }
}

net::task<bool> fake_smtp_server::on_line(net::stream& with, std::string line, std::string& input) {
  commands.push_back(line);
  auto reply = script_.reply(line);
  if (reply == "drop") co_return false;
  bool content_follows = false;
  if (reply.empty()) {
    bool is_data = iequals(line, "DATA");
    reply = istarts_with(line, "EHLO") ? script_.ehlo : is_data ? "354 go on\r\n" : "250 2.1.0 Ok\r\n";
    if (iequals(line, "QUIT")) reply = "221 2.0.0 Bye\r\n";
    content_follows = is_data;
  }
  (void)co_await with.write(reply, patience);
  if (content_follows) co_return co_await read_content(with, input);
  co_return !iequals(line, "QUIT");
}

net::task<bool> fake_smtp_server::read_content(net::stream& with, std::string& input) {
  char buffer[4096];
  std::string content = "\r\n" + std::exchange(input, {});
  for (auto end = content.find("\r\n.\r\n");; end = content.find("\r\n.\r\n")) {
    if (script_.drop_in_content && content.size() > 2) co_return false;
    if (end != std::string::npos) {
      input = content.substr(end + 5);
      messages.push_back(content.substr(2, end));
      break;
    }
    auto got = co_await with.read_some(buffer, patience);
    if (!got) co_return false;
    content.append(buffer, *got);
  }
  (void)co_await with.write(script_.after_content, patience);
  co_return !script_.drop_after_message;
}

}  // namespace postern::delivery::testing
