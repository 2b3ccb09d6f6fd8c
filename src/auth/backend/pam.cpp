#include "auth/backend/pam.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>

#include "auth/backend/key_values.hpp"
#include "auth/backend/pam_worker.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "sasl/mux_protocol.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;
using clock = std::chrono::steady_clock;

constexpr unsigned uses_default = 500;
constexpr std::size_t text_octets_max = 4096;
/// The worker's own timer comes first, so that a worker that hangs is gone when we give up.
constexpr auto margin = std::chrono::milliseconds(500);

struct pam_settings {
  std::chrono::milliseconds time_limit;
  std::string service_directory;
  std::uint64_t uses_max = uses_default;
};

// One for all backends, started by the first.
result<os::unique_fd> const& forker() {
  static result<os::unique_fd> const line = start_pam_forker();
  return line;
}

/// Without it no worker can be started any more, and another one only by a process that has no threads yet and is not
/// shut in: whoever started this one starts that.
void end_when_forker_is_gone(failure const& why) {
  pollfd line{.fd = forker()->get(), .events = 0, .revents = 0};
  if (::poll(&line, 1, 0) == 0 || (line.revents & (POLLHUP | POLLERR)) == 0) return;
  log::fatal("{}", why.text);
  std::fflush(nullptr);
  ::_exit(1);
}

bool wait_ready(int fd, short events, clock::time_point until) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
  if (left.count() <= 0) return false;
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  return ::poll(&waiting, 1, static_cast<int>(left.count())) > 0;
}

bool write_all(int to, std::string_view octets, clock::time_point until) {
  while (!octets.empty()) {
    auto const sent = ::send(to, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      octets.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !wait_ready(to, POLLOUT, until)) {
      return false;
    }
  }
  return true;
}

bool read_all(int from, char* into, std::size_t size, clock::time_point until) {
  while (size > 0) {
    if (!wait_ready(from, POLLIN, until)) return false;
    auto const got = ::recv(from, into, size, MSG_DONTWAIT);
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

class pam_backend : public password_backend {
 public:
  explicit pam_backend(pam_settings settings) : settings_(std::move(settings)) {}

  password_answer check(password_question const& question) override {
    auto const until = clock::now() + settings_.time_limit + margin;
    // A worker may have died between two logins; the next one is asked again.
    for (bool fresh = !worker_; clock::now() < until; fresh = true) {
      if (auto started = start(); !started) return {code::unavailable, "PAM start error", started.error().text};
      if (auto said = ask(question, until)) return std::move(*said);
      worker_.reset();
      if (fresh) break;
    }
    return {code::unavailable, "PAM auth error",
            clock::now() >= until - margin ? fmt::format("PAM took longer than {} ms", settings_.time_limit.count())
                                           : "the PAM worker died: a module crashed?"};
  }

 private:
  result<> start() {
    if (worker_) return {};
    auto made = start_pam_worker(*forker(), settings_.time_limit, settings_.service_directory);
    if (!made) {
      end_when_forker_is_gone(made.error());
      return std::unexpected(made.error());
    }
    worker_ = std::move(*made);
    uses_ = 0;
    return {};
  }

  std::optional<password_answer> ask(password_question const& question, clock::time_point until) {
    auto const octets = sasl::mux::format_request({.login = question.login,
                                                   .password = question.password,
                                                   .service = question.service,
                                                   .realm = question.realm,
                                                   .client_address = question.client_address},
                                                  true);
    if (!octets) return password_answer{code::no, "PAM auth error", octets.error().text};
    pam_worker_reply head;
    char raw[sizeof head];
    if (!write_all(worker_.get(), octets->reveal(), until)) return std::nullopt;
    if (!read_all(worker_.get(), raw, sizeof raw, until)) return std::nullopt;
    std::memcpy(&head, raw, sizeof head);
    if (head.reply_octets > text_octets_max || head.detail_octets > text_octets_max) return std::nullopt;
    std::string text(head.reply_octets + head.detail_octets, '\0');
    if (!read_all(worker_.get(), text.data(), text.size(), until)) return std::nullopt;
    if (++uses_ >= settings_.uses_max) worker_.reset();
    return password_answer{.outcome = static_cast<code>(head.code),
                           .reply = text.substr(0, head.reply_octets),
                           .detail = text.substr(head.reply_octets),
                           .delay = std::chrono::milliseconds(head.delay_milliseconds)};
  }

  pam_settings settings_;
  os::unique_fd worker_;
  std::uint64_t uses_ = 0;  ///< of this worker
};

}  // namespace

result<std::unique_ptr<password_backend>> make_pam_backend(backend_options const& options) {
  auto const values = parse_key_values(options.argument, {"confdir", "uses"});
  if (!values) return std::unexpected(values.error());
  auto const uses = parse_unsigned(value_or(*values, "uses", std::to_string(uses_default)));
  if (!uses || *uses == 0) return fail("-O uses=N: logins that a PAM worker serves, 1 or more");
  if (!forker()) return std::unexpected(forker().error());
  return std::make_unique<pam_backend>(pam_settings{options.time_limit, value_or(*values, "confdir", ""), *uses});
}

}  // namespace postern::auth
