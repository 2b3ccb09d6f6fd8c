#include "admin/local_door.hpp"

#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.hpp"
#include "message/address.hpp"
#include "message/dsn.hpp"

namespace postern::admin {
namespace {

using clock = std::chrono::steady_clock;

std::unexpected<handing_failure> give_up(int status, std::string text) {
  return std::unexpected(handing_failure{status, std::move(text)});
}

std::unexpected<handing_failure> put_off(std::string_view what, int error) {
  return give_up(EX_TEMPFAIL, fmt::format("{}: {}", what, std::strerror(error)));
}

/// What a caller makes of the server's no: to try later, not to try again, that it may not, or whom it cannot write to.
int status_of(smtp::server_reply const& said, int permanent) {
  if (said.category() != 5) return EX_TEMPFAIL;
  return said.code == 554 && said.text().contains("not allowed to submit") ? EX_NOPERM : permanent;
}

/// False: the time is up.
bool wait_for(int fd, short events, clock::time_point until) {
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    pollfd one{fd, events, 0};
    int const ready = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
    if (ready < 0 && errno != EINTR) return true;  // what follows says what is wrong
  }
}

std::string path_with(std::string_view verb, std::string_view address) { return fmt::format("{}:<{}>", verb, address); }

}  // namespace

local_door::outcome<local_door> local_door::open(std::string const& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return give_up(EX_CONFIG, "the socket path " + path + " is too long");
  std::memcpy(to.sun_path, path.data(), path.size());
  os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return put_off("socket", errno);
  if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) {
    return give_up(EX_TEMPFAIL,
                   fmt::format("{}: {}: nothing takes mail there. Start the server (postern start), or see "
                               "whether master.cf has the service pickup",
                               path, std::strerror(errno)));
  }
  return local_door(std::move(socket));
}

local_door::outcome<> local_door::write(std::string_view text) {
  auto const until = clock::now() + content_limit;
  while (!text.empty()) {
    if (!wait_for(socket_.get(), POLLOUT, until)) return put_off("the server takes nothing more", ETIMEDOUT);
    auto const sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent < 0) return put_off("the connection to the server", errno);
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

local_door::outcome<smtp::server_reply> local_door::read_reply(int category, std::chrono::seconds within) {
  auto const until = clock::now() + within;
  for (;;) {
    std::string_view rest = input_;
    auto const got = reader_.feed(rest);
    input_.erase(0, input_.size() - rest.size());
    if (got == smtp::reply_reader::outcome::malformed) return give_up(EX_PROTOCOL, "the server does not speak SMTP");
    if (got == smtp::reply_reader::outcome::complete) {
      auto const& said = reader_.value();
      if (said.category() == category) return said;
      return give_up(status_of(said, EX_UNAVAILABLE), said.text());
    }
    if (!wait_for(socket_.get(), POLLIN, until)) return put_off("no answer of the server", ETIMEDOUT);
    std::array<char, 4096> buffer{};
    auto const octets = ::read(socket_.get(), buffer.data(), buffer.size());
    if (octets < 0 && errno == EINTR) continue;
    if (octets < 0) return put_off("the connection to the server", errno);
    if (octets == 0) return give_up(EX_TEMPFAIL, "the server hung up; its log says why");
    input_.append(buffer.data(), static_cast<std::size_t>(octets));
  }
}

local_door::outcome<smtp::server_reply> local_door::ask(std::string_view line, int category,
                                                        std::chrono::seconds within) {
  if (auto written = write(std::string(line) + "\r\n"); !written) return std::unexpected(written.error());
  return read_reply(category, within);
}

local_door::outcome<> local_door::name_envelope(handed_envelope const& envelope) {
  bool const utf8 = !message::is_ascii(envelope.sender) ||
                    !std::ranges::all_of(envelope.recipients, [](auto const& one) { return message::is_ascii(one); });
  auto mail = path_with("MAIL FROM", envelope.sender);
  if (envelope.eight_bit) mail += " BODY=8BITMIME";
  if (utf8) mail += " SMTPUTF8";
  if (!envelope.ret.empty()) mail += " RET=" + envelope.ret;
  if (!envelope.envelope_id.empty()) mail += " ENVID=" + message::encode_xtext(envelope.envelope_id);
  if (auto said = ask(mail, 2); !said) return std::unexpected(said.error());
  for (auto const& recipient : envelope.recipients) {
    auto line = path_with("RCPT TO", recipient);
    if (!envelope.notify.empty()) line += " NOTIFY=" + envelope.notify;
    auto const said = ask(line, 2);
    if (said) continue;
    auto const status = said.error().status == EX_UNAVAILABLE ? EX_NOUSER : said.error().status;
    return give_up(status, fmt::format("recipient {}: {}", printable(recipient), said.error().text));
  }
  return {};
}

local_door::outcome<std::string> local_door::hand_in(handed_envelope const& envelope, handed_message& message) {
  if (auto greeting = read_reply(2, reply_limit); !greeting) return std::unexpected(greeting.error());
  if (auto said = ask("EHLO localhost", 2); !said) return std::unexpected(said.error());
  if (auto named = name_envelope(envelope); !named) return std::unexpected(named.error());
  if (auto said = ask("DATA", 3); !said) return std::unexpected(said.error());
  outcome<> written;
  auto const whole = message.read([&](std::string_view piece) {
    written = write(piece);
    return written.has_value();
  });
  // Without its end the server forgets what it has.
  if (!whole) return give_up(EX_TEMPFAIL, whole.error().text);
  if (!written) return std::unexpected(written.error());
  auto said = ask(".", 2, content_limit);
  if (!said) return std::unexpected(said.error());
  // It is in the queue, whatever becomes of the goodbye.
  static_cast<void>(ask("QUIT", 2));
  auto const text = said->text();
  auto const id = text.rfind(' ');
  return text.substr(id == std::string::npos ? 0 : id + 1);
}

local_door::outcome<> local_door::pass_through(int from, int to) {
  std::array<char, 16U << 10U> buffer{};
  bool reading = true;
  for (;;) {
    std::array<pollfd, 2> both{pollfd{socket_.get(), POLLIN, 0}, pollfd{reading ? from : -1, POLLIN, 0}};
    if (::poll(both.data(), both.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return put_off("poll", errno);
    }
    if (both[0].revents != 0) {
      auto const got = ::read(socket_.get(), buffer.data(), buffer.size());
      if (got <= 0) return {};
      std::string_view text(buffer.data(), static_cast<std::size_t>(got));
      while (!text.empty()) {
        auto const put = ::write(to, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return put_off("standard output", errno);
        text.remove_prefix(static_cast<std::size_t>(put));
      }
    }
    if (both[1].revents != 0) {
      auto const got = ::read(from, buffer.data(), buffer.size());
      reading = got > 0;
      if (!reading) ::shutdown(socket_.get(), SHUT_WR);
      if (got > 0) {
        if (auto written = write({buffer.data(), static_cast<std::size_t>(got)}); !written) return written;
      }
    }
  }
}

}  // namespace postern::admin
