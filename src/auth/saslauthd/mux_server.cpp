#include "auth/saslauthd/mux_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "auth/saslauthd/log_lines.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::auth::saslauthd {
namespace {

namespace mux = sasl::mux;
using code = password_answer::code;
using clock = std::chrono::steady_clock;

// Events carry a connection's number, a listener's (below listeners_max) or the pool's.
constexpr std::uint64_t listeners_max = 16;
constexpr std::uint64_t pool_event = listeners_max;
constexpr std::uint64_t watched_event = pool_event + 1;
constexpr std::uint64_t first_id = watched_event + 1;

constexpr std::size_t accepts_at_once = 64;
constexpr auto idle_wait = std::chrono::seconds(60);
/// A whole request of five strings, so that one read tells whether the fifth came with the others.
constexpr std::size_t room_octets = 5 * (2 + mux::string_octets_max);

void send_reply(int to, std::string_view reply) {
  // A fresh socket has room for it; a client that went away is none of our business.
  [[maybe_unused]] auto const sent = ::send(to, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void watch(int events, int fd, std::uint32_t what, std::uint64_t number) {
  epoll_event event{};
  event.events = what;
  event.data.u64 = number;
  ::epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

result<std::unique_ptr<mux_server>> mux_server::make(mux_server_options options) {
  // Made here in any case: trouble is told before anybody is served, and PAM's helper is started before threads are.
  auto backend = options.row->make(options.backend);
  if (!backend) return std::unexpected(backend.error());
  return std::unique_ptr<mux_server>(new mux_server(std::move(options), std::move(*backend)));
}

mux_server::mux_server(mux_server_options options, std::unique_ptr<password_backend> backend)
    : options_(std::move(options)),
      events_(::epoll_create1(EPOLL_CLOEXEC)),
      room_(room_octets, '\0'),
      next_id_(first_id) {
  if (options_.cache) cache_.emplace(*options_.cache);
  if (options_.row->quick) {
    backend_ = std::move(backend);
    return;
  }
  pool_ = std::make_unique<check_pool>(*options_.row, options_.backend, options_.workers);
  watch(events_.get(), pool_->descriptor(), EPOLLIN, pool_event);
}

mux_server::~mux_server() = default;

void mux_server::serve(os::unique_fd listener) {
  watch(events_.get(), listener.get(), EPOLLIN, listeners_.size());
  listeners_.push_back(std::move(listener));
}

void mux_server::watch_also(int descriptor, std::function<void()> on_ready) {
  on_watched_ = std::move(on_ready);
  watch(events_.get(), descriptor, EPOLLIN, watched_event);
}

std::chrono::milliseconds mux_server::step(std::chrono::milliseconds at_most) {
  std::array<epoll_event, 128> ready;
  int const count =
      ::epoll_wait(events_.get(), ready.data(), static_cast<int>(ready.size()), static_cast<int>(at_most.count()));
  for (int i = 0; i < count; ++i) {
    auto const number = ready[static_cast<std::size_t>(i)].data.u64;
    if (number < listeners_max) {
      accept_all(listeners_[number].get());
    } else if (number == pool_event) {
      finish_checks();
    } else if (number == watched_event) {
      on_watched_();
    } else {
      on_event(number);
    }
  }
  auto const now = clock::now();
  answer_held_back(now);
  drop_expired(now);
  listen_again();
  auto next = now + idle_wait;
  if (!silent_.empty()) next = std::min(next, connections_.at(silent_.front())->deadline);
  if (!held_back_.empty()) next = std::min(next, held_back_.begin()->first);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now), std::chrono::milliseconds(0));
}

void mux_server::accept_all(int listener) {
  for (std::size_t i = 0; i < accepts_at_once; ++i) {
    if (connections_.size() >= options_.connections_max) {
      if (silent_.empty()) {
        wants_more_ = false;
        break;
      }
      drop(silent_.front());
    }
    os::unique_fd socket(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      admit(std::move(socket));
      continue;
    }
    // Out of descriptors: the silent ones give way, else we wait for one to be done.
    if (errno == EMFILE || errno == ENFILE) {
      if (!silent_.empty()) {
        drop(silent_.front());
        continue;
      }
      wants_more_ = connections_.empty();
    }
    break;
  }
  if (wants_more_) return;
  crowd_ = connections_.size();
  for (auto const& each : listeners_) ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, each.get(), nullptr);
}

void mux_server::listen_again() {
  if (wants_more_ || !accepting_ || connections_.size() >= crowd_) return;
  wants_more_ = true;
  for (std::size_t i = 0; i < listeners_.size(); ++i) watch(events_.get(), listeners_[i].get(), EPOLLIN, i);
}

void mux_server::stop_accepting() {
  accepting_ = false;
  wants_more_ = false;
  listeners_.clear();
}

void mux_server::admit(os::unique_fd socket) {
  auto one = std::make_unique<connection>(options_.string_max);
  one->socket = std::move(socket);
  auto const which = next_id_++;
  // Most clients have written by now.
  if (read(*one, which, false)) keep(which, std::move(one));
}

void mux_server::keep(id which, std::unique_ptr<connection> one) {
  one->deadline = clock::now() + options_.timeout;
  if (one->at == state::reading || one->at == state::draining) {
    silent_.push_back(which);
    one->silent = std::prev(silent_.end());
  }
  watch(events_.get(), one->socket.get(), EPOLLIN | EPOLLET, which);
  connections_.emplace(which, std::move(one));
}

void mux_server::on_event(id which) {
  auto const found = connections_.find(which);
  if (found == connections_.end()) return;
  auto& one = *found->second;
  if (one.at == state::checking || one.at == state::held_back) return;
  if (!read(one, which, true)) drop(which);
}

void mux_server::unlist(connection& one) { silent_.erase(one.silent); }

void mux_server::drop(id which) {
  auto const found = connections_.find(which);
  if (found == connections_.end()) return;
  if (found->second->at == state::reading || found->second->at == state::draining) unlist(*found->second);
  connections_.erase(found);
}

bool mux_server::read(connection& from, id which, bool registered) {
  for (;;) {
    auto const count = ::recv(from.socket.get(), room_.data(), room_.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    if (from.at == state::draining) continue;
    auto const octets = static_cast<std::size_t>(count);
    auto const got = from.reader.feed({room_.data(), octets});
    wipe(room_.data(), octets);
    if (got == mux::request_reader::progress::too_long) {
      // The client may still be writing: it shall find the answer, not a broken pipe.
      send_reply(from.socket.get(), mux::format_too_long());
      ::shutdown(from.socket.get(), SHUT_WR);
      from.at = state::draining;
    } else if (got == mux::request_reader::progress::complete) {
      if (registered) unlist(from);
      from.at = state::checking;
      return on_request(from, which);
    }
  }
}

bool mux_server::on_request(connection& from, id which) {
  auto asked = from.reader.take();
  password_question question{std::move(asked.login), std::move(asked.password), std::move(asked.service),
                             std::move(asked.realm), std::move(asked.client_address)};
  auto const reply = ask(from, which, std::move(question));
  if (!reply) return true;
  if (from.at == state::held_back) return true;
  send_reply(from.socket.get(), *reply);
  return false;
}

// The reply, or nothing yet.
std::optional<std::string> mux_server::ask(connection& from, id which, password_question&& question) {
  if (question.login.empty()) return mux::format_reply({false, "NULL login received"});
  if (question.password.empty()) return mux::format_reply({false, "NULL password received"});
  if (options_.append_realm && !question.realm.empty()) question.login += '@' + question.realm;
  if (cache_) {
    auto const name = credential_cache::format_name(question.login, question.realm, question.service);
    switch (cache_->find(name, question.password, clock::now())) {
      case credential_cache::finding::hit:
        if (log::verbose()) {
          log::debug("{}", format_lookup_line(question, "found with valid passwd"));
          log::debug("{}", format_cached_line(question));
        }
        return mux::format_reply({true, ""});
      case credential_cache::finding::mismatch:
        if (log::verbose()) log::debug("{}", format_lookup_line(question, "found with invalid passwd, update pending"));
        break;
      case credential_cache::finding::miss:
        if (log::verbose()) log::debug("{}", format_lookup_line(question, "not found, update pending"));
        break;
    }
  }
  if (pool_) {
    ++checking_;
    pool_->submit({which, std::move(question), clock::now() + options_.timeout});
    return std::nullopt;
  }
  auto const answer = backend_->check(question);
  auto reply = conclude(question, answer);
  if (answer.delay.count() > 0) {
    from.at = state::held_back;
    from.reply = reply;
    held_back_.emplace(clock::now() + answer.delay, which);
  }
  return reply;
}

std::string mux_server::conclude(password_question const& question, password_answer const& answer) {
  bool const yes = answer.outcome == code::yes;
  if (cache_) {
    auto const name = credential_cache::format_name(question.login, question.realm, question.service);
    if (yes) {
      cache_->insert(name, question.password, clock::now());
      log::debug("lookup committed");
    } else if (answer.outcome == code::no) {
      cache_->forget(name);
    }
  }
  if (!yes) {
    log::info("{}", format_failure_line(question, options_.mechanism, answer));
    // A line of its own: people's rules match the one above to its end.
    if (answer.outcome == code::unavailable && !answer.detail.empty()) {
      log::warning("{}: {}", options_.mechanism, printable(answer.detail));
    } else if (!answer.detail.empty()) {
      log::debug("{}: {}", options_.mechanism, printable(answer.detail));
    }
  } else if (log::verbose()) {
    log::debug("{}", format_success_line(question, options_.mechanism));
    log::debug("response: OK");
  }
  return mux::format_reply({yes, answer.reply});
}

void mux_server::finish_checks() {
  for (auto& done : pool_->take_done()) {
    --checking_;
    auto reply = conclude(done.question, done.answer);
    auto const found = connections_.find(done.id);
    if (found == connections_.end()) continue;
    if (done.answer.delay.count() > 0) {
      found->second->at = state::held_back;
      found->second->reply = std::move(reply);
      held_back_.emplace(clock::now() + done.answer.delay, done.id);
      continue;
    }
    send_reply(found->second->socket.get(), reply);
    drop(done.id);
  }
}

void mux_server::answer_held_back(time_point now) {
  while (!held_back_.empty() && held_back_.begin()->first <= now) {
    auto const which = held_back_.begin()->second;
    held_back_.erase(held_back_.begin());
    auto const found = connections_.find(which);
    if (found == connections_.end()) continue;
    send_reply(found->second->socket.get(), found->second->reply);
    drop(which);
  }
}

void mux_server::drop_expired(time_point now) {
  while (!silent_.empty() && connections_.at(silent_.front())->deadline <= now) drop(silent_.front());
}

result<> mux_server::reload() {
  auto made = options_.row->make(options_.backend);
  if (!made) return std::unexpected(made.error());
  if (backend_) backend_ = std::move(*made);
  if (pool_) pool_->reload();
  if (cache_) cache_->clear();
  return {};
}

}  // namespace postern::auth::saslauthd
