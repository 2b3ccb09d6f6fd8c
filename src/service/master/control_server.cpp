#include "service/master/control_server.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::service::master {
namespace {

bool is_allowed(int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

result<os::unique_fd> dial(std::string const& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return fail("the socket path " + path + " is too long");
  std::memcpy(to.sun_path, path.data(), path.size());
  os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("socket", errno);
  if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0)
    return fail_errno("connecting to " + path, errno);
  return socket;
}

result<std::string> read_answer(int socket, std::chrono::milliseconds within) {
  auto until = std::chrono::steady_clock::now() + within;
  std::string answer;
  std::array<char, 4096> buffer;
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd ready{socket, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
      return fail("masterd did not answer in time");
    auto got = ::read(socket, buffer.data(), buffer.size());
    if (got < 0) return fail_errno("reading masterd's answer", errno);
    if (got == 0) return fail("masterd closed the connection");
    answer.append(buffer.data(), static_cast<std::size_t>(got));
    if (answer == ".\n" || answer.ends_with("\n.\n")) return answer.substr(0, answer.size() - 2);
    if (answer.starts_with("error ") && answer.ends_with('\n')) return fail(std::string(trim(answer.substr(6))));
  }
}

}  // namespace

control_server::control_server(net::event_loop& loop, os::unique_fd socket, answer handler, trace_source traces)
    : loop_(loop),
      listener_(loop, std::move(socket)),
      handler_(std::move(handler)),
      traces_(std::move(traces)),
      clients_(loop) {
  clients_.spawn(listener_.accept_each([this](os::unique_fd client) { take(std::move(client)); }), "control socket");
}

void control_server::stop() {
  listener_.stop();
  clients_.cancel_all();
}

void control_server::take(os::unique_fd client) {
  if (clients_.size() > connections_max || !is_allowed(client.get())) return;
  clients_.spawn(serve(std::move(client)), "control client");
}

net::task<> control_server::serve(os::unique_fd client) {
  auto peer = std::make_shared<net::stream>(loop_, std::move(client));
  std::string request;
  std::array<char, request_size_max> buffer;
  while (request.find('\n') == std::string::npos) {
    auto got = co_await peer->read_some(buffer, request_time_limit);
    if (!got || request.size() + *got > request_size_max) co_return;
    request.append(buffer.data(), *got);
  }
  auto line = trim(request);
  if (line == "trace" || line.starts_with("trace ")) {
    co_return co_await serve_trace(std::move(peer), std::string(trim(line.substr(5))));
  }
  auto answer = handler_(line);
  co_await peer->write(answer, answer_time_limit);
}

net::task<> control_server::serve_trace(std::shared_ptr<net::stream> client, std::string filter) {
  auto feed = std::make_shared<trace_feed>(loop_, client);
  auto number = traces_.begin(filter, [feed](std::string_view line) { feed->add(line); });
  auto accepted = co_await client->write("ok\n", answer_time_limit);
  if (accepted) {
    clients_.spawn(trace_feed::wait_for_end(feed), "end of a trace");
    co_await feed->write_lines();
  }
  traces_.end(number);
}

result<std::string> ask_master(std::string const& socket_path, std::string_view request,
                               std::chrono::milliseconds within) {
  auto socket = dial(socket_path);
  if (!socket) return std::unexpected(socket.error());
  auto line = std::string(request) + "\n";
  if (::send(socket->get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return fail_errno("asking masterd", errno);
  return read_answer(socket->get(), within);
}

}  // namespace postern::service::master
