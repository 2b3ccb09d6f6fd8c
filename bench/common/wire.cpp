#include "bench/common/wire.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

namespace postern::bench {

namespace {

void set_option(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

sockaddr_in parse_ipv4(std::string const& address, int port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) {
    fmt::print(stderr, "not a numeric IPv4 address: {}\n", address);
    std::exit(2);
  }
  return where;
}

char const* last_tls_error() {
  char const* reason = ERR_reason_error_string(ERR_get_error());
  return reason ? reason : "TLS error";
}

template <class Address>
sockaddr const* generic(Address const* address) {
  return reinterpret_cast<sockaddr const*>(address);
}

}  // namespace

wire::wire(os::unique_fd fd, bool quick_ack) : fd_(std::move(fd)), quick_ack_(quick_ack) {
  set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void wire::start_tls(ssl_handle ssl) {
  ssl_ = std::move(ssl);
  SSL_set_mode(ssl_.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_set_fd(ssl_.get(), fd_.get());
}

void wire::say_end() {
  if (ssl_ && handshake_done_) SSL_shutdown(ssl_.get());
}

void wire::put_shared(std::string_view octets) { shared_ = octets; }

wire::outcome wire::fail(std::string text) {
  error_ = std::move(text);
  return outcome::failed;
}

wire::outcome wire::classify_ssl(int answer, char const* what) {
  int const saved_errno = errno;
  switch (SSL_get_error(ssl_.get(), answer)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return outcome::nothing;
    case SSL_ERROR_ZERO_RETURN:
      return outcome::closed;
    case SSL_ERROR_SYSCALL:
      return saved_errno == 0 ? outcome::closed : fail(fmt::format("{}: {}", what, std::strerror(saved_errno)));
    default:
      return fail(fmt::format("{}: {}", what, last_tls_error()));
  }
}

wire::outcome wire::shake_hands() {
  ERR_clear_error();
  int const answer = SSL_do_handshake(ssl_.get());
  if (answer != 1) return classify_ssl(answer, "handshake");
  handshake_done_ = true;
  return outcome::handshake_done;
}

wire::outcome wire::receive() {
  if (handshaking()) return shake_hands();
  if (quick_ack_) set_option(fd_.get(), IPPROTO_TCP, TCP_QUICKACK, 1);
  static thread_local std::array<char, piece_octets> piece;
  if (ssl_) {
    ERR_clear_error();
    int const taken = SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
    if (taken <= 0) return classify_ssl(taken, "read");
    input_.append(piece.data(), static_cast<std::size_t>(taken));
    return outcome::data;
  }
  ssize_t const taken = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (taken > 0) {
    input_.append(piece.data(), static_cast<std::size_t>(taken));
    return outcome::data;
  }
  if (taken == 0) return outcome::closed;
  if (errno == EAGAIN || errno == EINTR) return outcome::nothing;
  return fail(fmt::format("read: {}", std::strerror(errno)));
}

void wire::consume(std::size_t octets) {
  consumed_ += octets;
  if (consumed_ == input_.size()) {
    input_.clear();
    consumed_ = 0;
  } else if (consumed_ > piece_octets) {
    input_.erase(0, consumed_);
    consumed_ = 0;
  }
}

/// Octets sent, 0 when the kernel takes none now, -1 when the connection broke.
long wire::write_some(std::string_view octets) {
  if (ssl_) {
    ERR_clear_error();
    int const sent = SSL_write(ssl_.get(), octets.data(), static_cast<int>(octets.size()));
    if (sent > 0) return sent;
    return classify_ssl(sent, "write") == outcome::nothing ? 0 : -1;
  }
  ssize_t const sent = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  if (errno == EAGAIN || errno == EINTR) return 0;
  fail(fmt::format("write: {}", std::strerror(errno)));
  return -1;
}

bool wire::send_all_of(std::string& buffer) {
  while (sent_ < buffer.size()) {
    long const sent = write_some(std::string_view(buffer).substr(sent_));
    if (sent <= 0) return false;
    sent_ += static_cast<std::size_t>(sent);
  }
  buffer.clear();
  sent_ = 0;
  return true;
}

bool wire::flush() {
  if (handshaking()) return true;
  error_.clear();
  if (!send_all_of(output_)) return error_.empty();
  while (!shared_.empty()) {
    long const sent = write_some(shared_);
    if (sent <= 0) return error_.empty();
    shared_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

os::unique_fd connect_to(std::string const& address, int port) {
  os::unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in const where = parse_ipv4(address, port);
  if (!fd || (::connect(fd.get(), generic(&where), sizeof where) != 0 && errno != EINPROGRESS)) return {};
  return fd;
}

os::unique_fd listen_on(std::string const& address, int port) {
  os::unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in const where = parse_ipv4(address, port);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (::bind(fd.get(), generic(&where), sizeof where) != 0 || ::listen(fd.get(), 4096) != 0) {
    fmt::print(stderr, "cannot listen on {}:{}: {}\n", address, port, std::strerror(errno));
    std::exit(1);
  }
  return fd;
}

}  // namespace postern::bench
