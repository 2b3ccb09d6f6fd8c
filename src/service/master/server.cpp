#include "service/master/server.hpp"

#include <time.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "base/log.hpp"
#include "os/listening_socket.hpp"
#include "os/sandbox.hpp"
#include "os/signal_fd.hpp"
#include "service/master/server_directories.hpp"

namespace postern::service::master {
namespace {

constexpr mode_t control_socket_mode = 0660;

void tell_systemd(std::string const& state) { ::sd_notify(0, state.c_str()); }

/// systemd wants to know the moment the reload began. [sd_notify(3)]
std::string reloading_state() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1000);
}

void log_sandbox_of_kernel() {
  int version = os::landlock_version();
  if (version == 0) {
    log::warning("this kernel has no Landlock: programs are shut in by seccomp alone; files are not restricted");
  } else if (version < 4) {
    log::info("this kernel's Landlock (version {}) does not restrict TCP ports; version 4 does", version);
  }
}

}  // namespace

result<> open_master_log(config::settings const& settings, bool foreground) {
  auto target = decide_log_target(settings, foreground);
  os::unique_fd file;
  if (target == log_target::file) {
    auto opened = open_log_file(log_file_path(settings));
    if (!opened) return std::unexpected(opened.error());
    file = std::move(*opened);
    // In the background the file also takes what the C library says before a process dies.
    if (!foreground) ::dup2(file.get(), STDERR_FILENO);
  }
  return open_log(target, std::move(file), {settings.text("syslog_name"), "masterd", settings.text("syslog_facility")});
}

server::server(masterd_options options, os::unique_fd pid_lock, std::function<void(std::string_view)> on_started)
    : options_(std::move(options)),
      pid_lock_(std::move(pid_lock)),
      on_started_(std::move(on_started)),
      supervisor_(loop_, sockets_) {
  supervisor_.on_all_serving([this] { on_all_serving(); });
}

result<> server::start(configuration first) {
  auto signals = os::open_signal_fd({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  signals_ = std::move(*signals);
  signal_waiter_ = std::make_unique<descriptor>(loop_.get_executor(), ::dup(signals_.get()));
  wait_for_signals();
  if (auto made = prepare_directories(first.settings, first.identity); !made) return made;
  if (auto open = open_control_socket(first.settings); !open) return open;
  ticket_keys_ = std::make_shared<net::tls_ticket_keys>(
      net::tls_ticket_keys::random(first.settings.duration("smtpd_tls_session_cache_timeout")));
  log_sandbox_of_kernel();
  if (first.identity.drop_capabilities)
    log::warning(
        "started as root in a private directory that belongs to root: the programs keep user 0, without its "
        "privileges; an account of its own is better");
  log::info("daemon started, configuration {}, pid {}", first.settings.config_dir(), ::getpid());
  auto taken = take_over(std::move(first));
  if (!taken) return taken;
  for (auto const& address : sockets_.addresses()) log::info("listening on {}", address);
  start_watchdog();
  return {};
}

result<> server::take_over(configuration next) {
  if (auto bound = sockets_.update(next.services, next.settings.text("queue_directory")); !bound) return bound;
  bool foreground = !options_.daemon && !next.settings.private_dir().empty();
  launch_context context{next.settings, next.identity, decide_log_target(next.settings, foreground), ticket_keys_};
  supervisor_.apply(std::move(next.services), std::move(context));
  return {};
}

result<> server::open_control_socket(config::settings const& settings) {
  control_path_ = control_socket_path(settings);
  auto socket = os::listen_unix(control_path_, control_socket_mode);
  if (!socket) return std::unexpected(socket.error());
  trace_source traces{[this](std::string_view filter, trace_source::show to) {
                        log::info("a trace begins: {}", filter.empty() ? "all clients" : filter);
                        return supervisor_.begin_watch(filter, std::move(to));
                      },
                      [this](std::uint64_t number) {
                        supervisor_.end_watch(number);
                        log::info("a trace has ended");
                      }};
  control_ = std::make_unique<control_server>(
      loop_, std::move(*socket), [this](std::string_view request) { return answer(request); }, std::move(traces));
  return {};
}

void server::wait_for_signals() {
  signal_waiter_->async_wait(descriptor::wait_read, [this](auto error) {
    if (error) return;
    while (auto number = os::read_signal(signals_)) on_signal(*number);
    wait_for_signals();
  });
}

void server::on_signal(int number) {
  if (number == SIGHUP) {
    if (auto done = reload(); !done) log::error("reload: {}; the old configuration stays", done.error().text);
  } else if (number == SIGTERM || number == SIGINT) {
    if (supervisor_.stopping()) {
      log::warning("second {}: ending at once", os::format_signal(number));
      supervisor_.kill_all();
    }
    stop();
  }
}

void server::on_all_serving() {
  log::info("all services are up");
  tell_systemd(fmt::format("READY=1\nMAINPID={}\nSTATUS=All services are up", ::getpid()));
  if (on_started_) std::exchange(on_started_, nullptr)({});
}

result<> server::reload() {
  if (supervisor_.stopping()) return fail("the server is stopping");
  auto next = load_configuration(options_);
  if (!next) return std::unexpected(next.error());
  tell_systemd(reloading_state());
  if (auto made = prepare_directories(next->settings, next->identity); !made) return made;
  bool foreground = !options_.daemon && !next->settings.private_dir().empty();
  if (auto open = open_master_log(next->settings, foreground); !open) return open;
  log::info("reload, configuration {}", next->settings.config_dir());
  return take_over(std::move(*next));
}

void server::stop() {
  if (supervisor_.stopping()) return;
  log::info("stopping");
  tell_systemd("STOPPING=1");
  supervisor_.stop([this] { loop_.stop(); });
}

std::string server::answer(std::string_view request) {
  if (request == "status") return describe() + ".\n";
  if (request == "stop") {
    loop_.post([this] { stop(); });
    return ".\n";
  }
  if (request == "reload") {
    auto done = reload();
    if (!done) log::error("reload: {}; the old configuration stays", done.error().text);
    return done ? ".\n" : "error " + done.error().text + "\n";
  }
  return "error unknown request; known are status, reload, stop, trace\n";
}

std::string server::describe() const {
  auto up = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since_);
  auto text =
      fmt::format("masterd pid {} up {} s{}\n", ::getpid(), up.count(), supervisor_.stopping() ? ", stopping" : "");
  for (auto const& line : supervisor_.status()) text += line + "\n";
  return text;
}

void server::start_watchdog() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return;
  loop_.every(std::chrono::milliseconds(microseconds / 2000), [] {
    tell_systemd("WATCHDOG=1");
    return true;
  });
}

int server::run() {
  loop_.run();
  ::unlink(control_path_.c_str());
  log::info("stopped");
  return 0;
}

}  // namespace postern::service::master
