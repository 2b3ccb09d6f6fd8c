#include "bench/load/run.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include <sys/epoll.h>

namespace postern::bench {

namespace {

std::sig_atomic_t volatile stop_asked = 0;

constexpr int opening_at_once = 64;  // idle mode: connections that shake hands at the same time
constexpr std::chrono::milliseconds reconnect_pause{20};

class loop {
 public:
  explicit loop(load_context& context)
      : context_(context),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        begun_(std::chrono::steady_clock::now()),
        sessions_(static_cast<std::size_t>(context.options.connections)) {}

  bool open(int slot);
  /// One round of events; false when a failure ends the run.
  bool turn();
  bool out_of_time() const { return std::chrono::steady_clock::now() - begun_ > context_.options.deadline; }
  int open_count() const { return open_; }
  bool is_open(int slot) const { return sessions_[static_cast<std::size_t>(slot)] != nullptr; }

 private:
  bool on_event(int slot);
  bool close_failed(int slot);
  bool sweep();

  load_context& context_;
  os::unique_fd epoll_;
  steady_time begun_;
  steady_time swept_;
  std::vector<std::unique_ptr<session>> sessions_;
  int open_ = 0;
};

bool loop::open(int slot) {
  os::unique_fd fd = connect_to(context_.options.host, context_.options.port);
  if (!fd) {
    ++context_.measured.failures["connect"];
    return context_.options.tolerate;
  }
  auto& place = sessions_[static_cast<std::size_t>(slot)];
  place = std::make_unique<session>(context_, slot, std::move(fd));
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.u64 = static_cast<std::uint64_t>(slot)}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, place->fd(), &event);
  ++open_;
  return true;
}

bool loop::close_failed(int slot) {
  auto& place = sessions_[static_cast<std::size_t>(slot)];
  ++context_.measured.failures[place->failure()];
  place.reset();
  --open_;
  if (!context_.options.tolerate) return false;
  ::usleep(static_cast<useconds_t>(std::chrono::microseconds(reconnect_pause).count() / context_.options.connections));
  return true;
}

bool loop::on_event(int slot) {
  auto& place = sessions_[static_cast<std::size_t>(slot)];
  if (!place) return true;
  switch (place->on_ready()) {
    case session::progress::going:
      return true;
    case session::progress::finished:
      place.reset();
      --open_;
      return true;
    case session::progress::failed:
      return close_failed(slot);
  }
  return true;
}

/// Connections without progress are failures; looked for once a second.
bool loop::sweep() {
  auto const now = std::chrono::steady_clock::now();
  if (context_.options.idle || now - swept_ < std::chrono::seconds(1)) return true;
  swept_ = now;
  if (context_.acknowledged) std::fflush(context_.acknowledged);
  bool good = true;
  for (auto& place : sessions_) {
    if (!place || now - place->last_progress() < context_.options.stall) continue;
    place->give_up("no progress");
    good = close_failed(place->slot()) && good;
  }
  return good;
}

bool loop::turn() {
  std::array<epoll_event, 256> events;
  int const count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 200);
  for (int i = 0; i < count; ++i) {
    if (!on_event(static_cast<int>(events[static_cast<std::size_t>(i)].data.u64))) return false;
  }
  return sweep();
}

bool stdin_closed() {
  pollfd in{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&in, 1, 0) <= 0) return false;
  char c;
  return ::read(STDIN_FILENO, &c, 1) <= 0;
}

}  // namespace

void ask_to_stop() { stop_asked = 1; }

run_end run_load(load_context& context, long messages) {
  context.unsent = messages;
  context.measured.begin = std::chrono::steady_clock::now();
  context.measured.cpu_seconds_at_begin = own_cpu_seconds();
  loop events(context);
  run_end end = run_end::done;
  while (stop_asked == 0 && end == run_end::done && (context.unsent > 0 || events.open_count() > 0)) {
    for (int slot = 0; slot < context.options.connections && context.unsent > context.starting; ++slot) {
      if (!events.is_open(slot) && !events.open(slot)) end = run_end::failed;
    }
    if (!events.turn()) end = run_end::failed;
    if (events.out_of_time()) end = run_end::out_of_time;
  }
  context.measured.end = std::chrono::steady_clock::now();
  return end;
}

run_end run_idle(load_context& context) {
  context.measured.begin = std::chrono::steady_clock::now();
  loop events(context);
  int opened = 0;
  while (context.logged_in < context.options.connections) {
    while (opened < context.options.connections && opened - context.logged_in < opening_at_once) {
      if (!events.open(opened++)) return run_end::failed;
    }
    if (!events.turn()) return run_end::failed;
    if (events.out_of_time()) return run_end::out_of_time;
  }
  context.measured.end = std::chrono::steady_clock::now();
  fmt::print("ready {}\n", context.logged_in);
  std::fflush(stdout);
  auto const hold = context.options.hold;
  auto const until = std::chrono::steady_clock::now() + hold;
  while (hold.count() > 0 ? std::chrono::steady_clock::now() < until : !stdin_closed()) {
    if (!events.turn()) return run_end::failed;
  }
  return run_end::done;
}

}  // namespace postern::bench
