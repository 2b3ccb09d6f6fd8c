#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bench/sink/options.hpp"
#include "bench/sink/session.hpp"

using namespace postern;
using namespace postern::bench;

namespace {

[[noreturn]] void die(std::string const& words) {
  fmt::print(stderr, "{}\n", words);
  std::exit(1);
}

SSL_CTX* make_tls(sink_options const& options) {
  if (options.certificate.empty()) return nullptr;
  SSL_CTX* tls = SSL_CTX_new(TLS_server_method());
  std::string const& key = options.key.empty() ? options.certificate : options.key;
  if (SSL_CTX_use_certificate_chain_file(tls, options.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    die(fmt::format("{}: {}", options.certificate, ERR_error_string(ERR_get_error(), nullptr)));
  }
  SSL_CTX_set_num_tickets(tls, 1);
  SSL_CTX_set_read_ahead(tls, 1);
  return tls;
}

void accept_all(sink_context& context, int listener, int epoll) {
  for (;;) {
    os::unique_fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    auto session = std::make_unique<sink_session>(context, std::move(fd));
    int const descriptor = session->fd();
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = session.release()}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
  }
}

[[noreturn]] void serve(sink_options const& options, sink_context& context) {
  os::unique_fd const listener = listen_on(options.host, options.port);
  os::unique_fd const epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.get(), &event);
  std::array<epoll_event, 256> events;
  for (;;) {
    int const count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* session = static_cast<sink_session*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!session) {
        accept_all(context, listener.get(), epoll.get());
      } else if (!session->on_ready()) {
        delete session;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  sink_options const options = parse_sink_options(argc, argv);
  sink_context context{.counters = map_counters(options.counters_file), .tls = make_tls(options)};
  if (!options.ids_file.empty()) {
    context.ids = std::fopen(options.ids_file.c_str(), "ae");
    if (!context.ids) die(fmt::format("{}: {}", options.ids_file, std::strerror(errno)));
    std::setvbuf(context.ids, nullptr, _IOLBF, 4096);
  }
  for (int i = 1; i < options.processes; ++i) {
    if (::fork() != 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    break;
  }
  serve(options, context);
}
