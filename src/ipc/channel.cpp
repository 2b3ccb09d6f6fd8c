#include "ipc/channel.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "os/fd_passing.hpp"

namespace postern::ipc {
namespace {

constexpr std::size_t header_octets = 7;
constexpr std::size_t read_octets = 64 * 1024;
constexpr std::size_t coalesce_octets_max = 256 * 1024;

void append_message(std::string& octets, std::uint16_t type, std::size_t descriptors, std::string_view body) {
  auto length = static_cast<std::uint32_t>(header_octets - 4 + body.size());
  for (unsigned i = 0; i < 4; ++i) octets += static_cast<char>(length >> (8 * i) & 0xff);
  octets += static_cast<char>(type & 0xff);
  octets += static_cast<char>(type >> 8);
  octets += static_cast<char>(descriptors);
  octets += body;
}

}  // namespace

channel::channel(net::event_loop& loop, os::unique_fd socket)
    : deadline(loop), loop_(loop), socket_(loop.get_executor()), self_(std::make_shared<channel*>(this)) {
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
  socket_.assign(socket.release());
}

channel::~channel() { *self_ = nullptr; }

void channel::close() {
  boost::system::error_code ignored;
  never();
  if (socket_.is_open()) socket_.close(ignored);
}

net::io_result<bool> channel::read_more() {
  // Not wiped beforehand, as the compiler would: that costs more than the system call.
  [[clang::uninitialized]] char buffer[read_octets];
  auto got = os::receive_with_fds(socket_.native_handle(), buffer);
  if (!got) {
    if (got.error().system_error == EAGAIN || got.error().system_error == EINTR) return false;
    bool gone = got.error().system_error == ECONNRESET;
    return std::unexpected(net::io_failure{gone ? net::io_problem::closed : net::io_problem::failed, got.error().text});
  }
  if (got->octets == 0) return std::unexpected(net::io_failure{net::io_problem::closed, "the other program is gone"});
  input_.append(buffer, got->octets);
  for (auto& fd : got->fds) input_descriptors_.push_back(std::move(fd));
  return true;
}

std::optional<net::io_result<message>> channel::take_message() {
  auto rest = std::string_view(input_).substr(input_used_);
  if (rest.size() < header_octets) return std::nullopt;
  auto octet = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(rest[i])); };
  std::uint32_t length = octet(0) | octet(1) << 8 | octet(2) << 16 | octet(3) << 24;
  if (length < header_octets - 4 || length > message_octets_max) {
    return std::unexpected(net::io_failure{net::io_problem::failed, "a message of impossible length came in"});
  }
  if (rest.size() < 4 + std::size_t{length}) return std::nullopt;
  message in;
  in.type = static_cast<std::uint16_t>(octet(4) | octet(5) << 8);
  std::size_t descriptors = octet(6);
  if (descriptors > input_descriptors_.size()) {
    return std::unexpected(net::io_failure{net::io_problem::failed, "a message came without its descriptors"});
  }
  in.body = rest.substr(header_octets, length - (header_octets - 4));
  auto end = input_descriptors_.begin() + static_cast<std::ptrdiff_t>(descriptors);
  std::move(input_descriptors_.begin(), end, std::back_inserter(in.descriptors));
  input_descriptors_.erase(input_descriptors_.begin(), end);
  input_used_ += 4 + length;
  if (input_used_ == input_.size()) {
    input_.clear();
    input_used_ = 0;
  } else if (input_used_ > read_octets) {
    input_.erase(0, input_used_);
    input_used_ = 0;
  }
  return in;
}

net::task<net::io_result<message>> channel::receive(std::chrono::steady_clock::duration within) {
  expires_after(within);
  for (;;) {
    if (auto whole = take_message()) {
      never();
      co_return std::move(*whole);
    }
    auto more = read_more();
    if (!more) co_return std::unexpected(more.error());
    if (*more) continue;
    auto [error] = co_await socket_.async_wait(net::asio::posix::descriptor_base::wait_read,
                                               net::asio::as_tuple(net::asio::use_awaitable_t<net::executor>{}));
    if (error && expired()) co_return std::unexpected(net::io_failure{net::io_problem::timed_out, "timeout"});
    if (error) co_return std::unexpected(net::io_failure{net::io_problem::cancelled, "cancelled"});
  }
}

void channel::post(message out) {
  if (!is_open()) return;
  auto octets = header_octets + out.body.size();
  waiting_octets_ += octets;
  if (waiting_octets_ > queue_octets_max) return close();
  // Descriptors travel with the first octet of a sendmsg, so a message that has some begins a piece of its own.
  bool joins = !output_.empty() && out.descriptors.empty() && output_.back().octets.size() < coalesce_octets_max;
  auto count = out.descriptors.size();
  if (!joins) output_.push_back({{}, std::move(out.descriptors), 0});
  append_message(output_.back().octets, out.type, count, out.body);
  if (!std::exchange(flush_scheduled_, true)) {
    net::asio::post(loop_.get_executor(), [self = self_] {
      if (*self != nullptr) (*self)->flush();
    });
  }
}

void channel::flush() {
  flush_scheduled_ = false;
  while (is_open() && !output_.empty()) {
    auto& piece = output_.front();
    std::vector<int> descriptors;
    if (piece.sent == 0) {
      for (auto const& fd : piece.descriptors) descriptors.push_back(fd.get());
    }
    auto sent = os::send_with_fds(socket_.native_handle(), std::span(piece.octets).subspan(piece.sent), descriptors);
    if (!sent && sent.error().system_error == EAGAIN) return flush_when_ready();
    if (!sent && sent.error().system_error == EINTR) continue;
    if (!sent) return close();
    piece.sent += *sent;
    waiting_octets_ -= *sent;
    if (piece.sent == piece.octets.size()) output_.pop_front();
  }
}

void channel::flush_when_ready() {
  flush_scheduled_ = true;
  socket_.async_wait(net::asio::posix::descriptor_base::wait_write, [self = self_](boost::system::error_code error) {
    if (*self == nullptr) return;
    (*self)->flush_scheduled_ = false;
    if (!error) (*self)->flush();
  });
}

net::task<net::io_result<>> channel::drain(std::chrono::milliseconds within) {
  constexpr auto pause = std::chrono::milliseconds(5);
  auto until = std::chrono::steady_clock::now() + within;
  while (is_open() && !output_.empty() && std::chrono::steady_clock::now() < until) {
    flush();
    co_await loop_.sleep(pause);
  }
  if (output_.empty()) co_return net::io_result<>{};
  co_return std::unexpected(net::io_failure{net::io_problem::timed_out, "the other program does not read"});
}

}  // namespace postern::ipc
