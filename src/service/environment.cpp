#include "service/environment.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/log.hpp"
#include "os/directories.hpp"
#include "os/memory.hpp"
#include "service/arguments.hpp"
#include "service/control_line.hpp"
#include "service/privileges.hpp"

namespace postern::service {
namespace {

constexpr auto report_interval = std::chrono::milliseconds(1000);
constexpr auto orphan_limit = std::chrono::seconds(10);

}  // namespace

environment::environment(program_arguments const& arguments, start_message&& start, os::unique_fd control,
                         config::settings settings)
    : program_(arguments.program),
      service_(arguments.service),
      settings_(settings),
      calm_settings_(std::move(settings)),
      listeners_(std::move(start.listeners)),
      ticket_keys_(std::move(start.ticket_keys)) {
  for (auto& one : start.secrets) secrets_.emplace_back(std::move(one.path), std::move(one.file));
  if (control) control_ = std::make_unique<control_line>(loop_, std::move(control));
}

environment::~environment() { wipe(ticket_keys_); }

std::vector<listening_socket> environment::take_listeners() { return std::exchange(listeners_, {}); }

result<os::unique_fd> environment::take_listener(std::string_view address) {
  auto found = std::ranges::find(listeners_, address, &listening_socket::address);
  if (found == listeners_.end()) return fail("no listening socket " + std::string(address) + " was handed down");
  auto fd = std::move(found->fd);
  listeners_.erase(found);
  return fd;
}

result<secret> environment::read_secret(std::string const& path) const {
  auto held = std::ranges::find(secrets_, path, &std::pair<std::string, os::unique_fd>::first);
  os::unique_fd opened;
  if (held == secrets_.end()) {
    auto file = os::open_to_read(path);
    if (!file) return std::unexpected(file.error());
    opened = std::move(*file);
  }
  auto content = os::read_whole(held == secrets_.end() ? opened : held->second, secret_size_max);
  if (!content) return fail(path + ": " + content.error().text);
  return secret(std::move(*content));
}

void environment::ask_for(os::sandbox_rules const& more) {
  if (requests_closed_) std::abort();
  os::append(asked_for_, more);
}

os::sandbox_rules const& environment::close_requests() {
  requests_closed_ = true;
  return asked_for_;
}

std::shared_ptr<net::tls_ticket_keys> environment::ticket_keys() const {
  return ticket_keys_.empty() ? nullptr : net::tls_ticket_keys::parse(ticket_keys_);
}

std::string environment::socket_path(std::string_view name) const {
  auto const* row = find_privileges(program_);
  if (row == nullptr || std::ranges::find(row->connects, name) == row->connects.end()) {
    log::fatal("{} asks for socket {}, which its row in programs/PRIVILEGES does not name", program_, name);
    std::abort();
  }
  return settings_.text("queue_directory") + "/" + std::string(name);
}

void environment::on_stop(std::function<void()> handler) { stop_handlers_.push_back(std::move(handler)); }

void environment::on_hurry(std::function<void()> handler) { hurry_handlers_.push_back(std::move(handler)); }

void environment::stopped() { loop_.stop(); }

int environment::control_descriptor() const { return control_ ? control_->native_handle() : -1; }

void environment::stop(std::chrono::seconds limit) {
  if (std::exchange(hurrying_, true)) return;
  begin_stop(limit);
  for (auto const& handler : hurry_handlers_) handler();
}

void environment::retire(std::chrono::seconds limit) {
  if (!stopping_) begin_stop(limit);
}

void environment::begin_stop(std::chrono::seconds limit) {
  loop_.every(std::max(std::chrono::milliseconds(limit), std::chrono::milliseconds(1)), [this] {
    log::warning("stopping with work unfinished: the time limit has passed");
    loop_.stop();
    return false;
  });
  if (std::exchange(stopping_, true)) return;
  if (control_) control_->send({control_message::kind::stopping, 0});
  for (auto const& handler : stop_handlers_) handler();
  if (stop_handlers_.empty()) stopped();
}

void environment::report_sessions(std::size_t count) {
  sessions_ = count;
  if (!control_ || reporting_ || sessions_ == sessions_told_) return;
  reporting_ = true;
  auto tell = [this] {
    sessions_told_ = sessions_;
    control_->send({control_message::kind::sessions, sessions_});
  };
  tell();
  loop_.every(report_interval, [this, tell] {
    reporting_ = sessions_ != sessions_told_;
    if (reporting_) tell();
    return reporting_;
  });
}

void environment::set_stress(bool on) {
  if (on == stress_) return;
  stress_ = on;
  settings_ = on ? calm_settings_.with({{"stress", "yes"}}) : calm_settings_;
  log::info("{}: {} is under stress: {}", program_, service_, on ? "yes, time limits are shortened" : "no more");
  call_settings_handlers();
}

void environment::on_settings_change(std::function<void()> handler) {
  settings_handlers_.push_back(std::move(handler));
}

void environment::call_settings_handlers() {
  for (auto const& handler : settings_handlers_) handler();
}

void environment::on_watch(std::function<void(std::uint64_t, std::optional<std::string>)> handler) {
  watch_handler_ = std::move(handler);
}

bool environment::report_dialogue(std::uint64_t watch, std::string_view line) {
  return control_ && control_->send({control_message::kind::dialogue, watch, std::string(line)});
}

void environment::on_control_message(control_message const& message) {
  using kind = control_message::kind;
  if (message.what == kind::stop) return stop(std::chrono::seconds(message.value));
  if (message.what == kind::retire) return retire(std::chrono::seconds(message.value));
  if (!watch_handler_) return;
  if (message.what == kind::watch) watch_handler_(message.value, message.text);
  if (message.what == kind::unwatch) watch_handler_(message.value, std::nullopt);
}

void environment::arm_control() {
  if (!control_) return;
  control_->listen([this](control_message const& message) { on_control_message(message); },
                   [this] {
                     log::warning("masterd is gone: {} finishes its work and ends", program_);
                     stop(orphan_limit);
                   });
  control_->send({control_message::kind::ready, 0});
}

int environment::run() {
  constexpr auto trim_interval = std::chrono::seconds(5);
  loop_.every(trim_interval, [trimmer = os::memory_trimmer()]() mutable {
    trimmer.trim_if_worthwhile();
    return true;
  });
  arm_control();
  loop_.run();
  return 0;
}

}  // namespace postern::service
