#include "service/master/child.hpp"

#include <unistd.h>

#include <csignal>

#include "os/sandbox.hpp"

namespace postern::service::master {
namespace {
constexpr auto before_terminate = std::chrono::milliseconds(1000);
constexpr auto before_kill = std::chrono::milliseconds(4000);
}  // namespace

child::child(net::event_loop& loop, std::string service_key, unsigned generation, launched&& started, handlers to)
    : loop_(loop),
      service_key_(std::move(service_key)),
      generation_(generation),
      pid_(started.process.pid),
      pidfd_(std::move(started.process.pidfd)),
      end_waiter_(loop.get_executor(), ::dup(pidfd_.get())),
      control_(loop, std::move(started.control)),
      to_(std::move(to)),
      memory_kills_before_(os::count_out_of_memory_kills()) {
  control_.listen([this](control_message const& message) { on_message(message); }, [] {});
  wait_for_end();
}

void child::on_message(control_message const& message) {
  using kind = control_message::kind;
  switch (message.what) {
    case kind::ready:
      served_ = true;
      if (state_ == phase::starting) state_ = phase::serving;
      return to_.on_ready(*this);
    case kind::sessions:
      sessions_ = message.value;
      return;
    case kind::stopping:
      state_ = phase::stopping;
      return;
    case kind::refused:
      refused_call_ = static_cast<int>(message.value);
      return;
    case kind::dialogue:
      return to_.on_dialogue(message.value, message.text);
    case kind::stop:
    case kind::retire:
    case kind::watch:
    case kind::unwatch:
      return;
  }
}

void child::wait_for_end() {
  end_waiter_.async_wait(descriptor::wait_read, [this, alive = std::weak_ptr(alive_)](auto error) {
    if (error || alive.expired()) return;
    // Its last words ("refused") may still be on the way; they were sent before it died, so they are here now.
    loop_.post([this, alive] {
      if (alive.expired()) return;
      auto end = os::wait_for(pidfd_);
      // The handler forgets this child, and with it the functions it holds.
      auto on_end = to_.on_end;
      on_end(*this, end.value_or(os::process_end{}));
    });
  });
}

void child::escalate(std::chrono::milliseconds after, int signal) {
  loop_.every(after, [this, alive = std::weak_ptr(alive_), signal] {
    if (alive.expired()) return false;
    if (signal == SIGKILL) killed_ = true;
    os::send_signal(pidfd_, signal);
    return false;
  });
}

void child::stop(std::chrono::seconds limit) { end_within(limit, control_message::kind::stop); }
void child::retire(std::chrono::seconds limit) { end_within(limit, control_message::kind::retire); }

void child::end_within(std::chrono::seconds limit, control_message::kind how) {
  auto until = std::chrono::steady_clock::now() + limit;
  if (asked_until_ && *asked_until_ <= until) return;
  asked_until_ = until;
  state_ = phase::stopping;
  control_.send({how, static_cast<std::uint64_t>(limit.count())});
  escalate(limit + before_terminate, SIGTERM);
  escalate(limit + before_kill, SIGKILL);
}

void child::begin_watch(std::uint64_t number, std::string_view filter) {
  control_.send({control_message::kind::watch, number, std::string(filter)});
}

void child::end_watch(std::uint64_t number) { control_.send({control_message::kind::unwatch, number}); }

void child::kill() {
  killed_ = true;
  os::send_signal(pidfd_, SIGKILL);
}

std::chrono::milliseconds child::age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since_);
}

std::string child::explain(os::process_end end) const {
  auto text = end.text();
  bool signalled = end.how == os::process_end::kind::signalled;
  if (signalled && end.code == SIGSYS && refused_call_)
    text += ": the sandbox refused the system call " + os::format_system_call(*refused_call_) +
            ", which its row in programs/PRIVILEGES does not allow";
  if (signalled && end.code == SIGKILL && killed_) text += ": it did not stop in time";
  if (signalled && end.code == SIGKILL && !killed_)
    text += os::count_out_of_memory_kills() > memory_kills_before_ ? ": the machine ran out of memory"
                                                                   : ": somebody sent the signal, not masterd";
  if (end.clean() && !asked_until_) text += ", without being asked to stop";
  return text;
}

}  // namespace postern::service::master
