#include "auth/saslauthd/daemon.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "auth/saslauthd/daemon_log.hpp"
#include "auth/saslauthd/defaults_instance.hpp"
#include "auth/saslauthd/options.hpp"
#include "auth/saslauthd/run_directory.hpp"
#include "base/log.hpp"
#include "os/signal_fd.hpp"

namespace postern::auth::saslauthd {
namespace {

constexpr int status_another = 2;
/// How long a stop waits for what is being checked.
constexpr auto stop_time = std::chrono::seconds(5);

int leave(early_exit const& why) {
  if (!why.message.empty()) log::info("{}", why.message);
  if (why.usage) fmt::print(stderr, "{}", format_usage());
  if (why.version) fmt::print(stderr, "{}", format_version());
  return why.status;
}

// As many connections as the machine lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void detach_standard_files() {
  os::unique_fd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd < 3 && null; ++fd) ::dup2(null.get(), fd);
}

void log_settings(daemon_options const& options) {
  log::debug("num_procs  : {}", options.workers_told);
  log::debug("mech_option: {}", options.argument.empty() ? "NULL" : options.argument);
  log::debug("run_path   : {}", options.directory);
  log::debug("auth_mech  : {}", options.server.mechanism);
  if (!options.server.cache) return;
  log::debug("bucket size: {} bytes", credential_cache::entry_octets);
  log::debug("timeout    : {} seconds", options.server.cache->time_to_live.count());
  log::debug("cache table: {} total bytes", options.server.cache->octets_max);
  log::debug("cache table: {} buckets", options.server.cache->octets_max / credential_cache::entry_octets);
}

class daemon {
 public:
  explicit daemon(daemon_options options) : options_(std::move(options)) {}

  /// `ready`: written to when clients are served; -1 in the foreground. The answer is the exit status.
  int run(int ready);
  void remove_files() { directory_.remove(); }

 private:
  int refuse(std::string_view text) {
    log::info("{}", text);
    return 1;
  }
  int open();
  void on_signal();
  void serve();

  daemon_options options_;
  os::unique_fd signals_;
  run_directory directory_;
  std::unique_ptr<mux_server> server_;
  bool stopping_ = false;
};

int daemon::open() {
  ::umask(077);
  raise_descriptor_limit();
  auto signals = os::open_signal_fd({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return refuse(signals.error().text);
  signals_ = std::move(*signals);
  log_settings(options_);
  auto server = mux_server::make(options_.server);
  if (!server) {
    log::info("{}", server.error().text);
    return refuse("failed to initialize mechanism " + options_.server.mechanism);
  }
  server_ = std::move(*server);
  if (auto opened = directory_.open(options_); !opened) {
    log::info("Cannot start saslauthd");
    log::info("{}", opened.error().text);
    return opened.error().system_error == EBUSY ? status_another : 1;
  }
  auto listener = directory_.listen(options_);
  if (!listener) return refuse(listener.error().text);
  server_->serve(std::move(*listener));
  server_->watch_also(signals_.get(), [this] { on_signal(); });
  return 0;
}

void daemon::on_signal() {
  while (auto const number = os::read_signal(signals_)) {
    if (*number != SIGHUP) {
      stopping_ = true;
      continue;
    }
    if (auto reloaded = server_->reload(); reloaded) {
      log::info("configuration read again");
    } else {
      log::warning("the configuration stays as it was: {}", reloaded.error().text);
    }
  }
}

void daemon::serve() {
  auto wait = std::chrono::milliseconds(0);
  while (!stopping_) wait = server_->step(wait);
  server_->stop_accepting();
  auto const until = std::chrono::steady_clock::now() + stop_time;
  while (!server_->idle() && std::chrono::steady_clock::now() < until) {
    server_->step(std::min(wait, std::chrono::milliseconds(100)));
  }
}

int daemon::run(int ready) {
  if (int const status = open(); status != 0) return status;
  if (ready >= 0) {
    open_daemon_log(false, options_.verbose);
    detach_standard_files();
  }
  log::info("master pid is: {}", ready >= 0 ? ::getpid() : 0);
  log::info("listening on socket: {}/mux", options_.directory);
  if (ready >= 0) {
    [[maybe_unused]] auto const written = ::write(ready, "", 1);
    ::close(ready);
  }
  serve();
  log::info("master exited: 0");
  return 0;
}

// Threads may still sit in a backend that hangs: nothing waits for them.
[[noreturn]] void run_and_exit(daemon_options options, int ready) {
  daemon one(std::move(options));
  int const status = one.run(ready);
  one.remove_files();
  std::fflush(nullptr);
  ::_exit(status);
}

// The parent's part: what its child's start comes to.
int wait_for_start(pid_t child, int ready) {
  char octet = 0;
  if (::read(ready, &octet, 1) == 1) return 0;
  int status = 0;
  if (::waitpid(child, &status, 0) < 0 || !WIFEXITED(status)) return 1;
  return WEXITSTATUS(status);
}

int start_in_background(daemon_options const& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return 1;
  auto const child = ::fork();
  if (child < 0) return 1;
  if (child > 0) {
    ::close(ends[1]);
    return wait_for_start(child, ends[0]);
  }
  ::close(ends[0]);
  ::setsid();
  run_and_exit(options, ends[1]);
}

}  // namespace

int run_daemon(std::vector<std::string> arguments) {
  open_daemon_log(true, false);
  auto options = parse_options(std::move(arguments));
  if (!options) return leave(options.error());
  if (!options->defaults_file.empty()) {
    auto const told = load_instance(options->defaults_file);
    if (!told) return leave({.status = 1, .message = told.error().text});
    if (!told->start) return leave({.message = told->remark});
    if (auto made = make_instance_directory(told->directory); !made) {
      return leave({.status = 1, .message = made.error().text});
    }
    bool const foreground = options->foreground;
    options = parse_options(told->arguments);
    if (!options) return leave(options.error());
    options->foreground |= foreground;
  }
  open_daemon_log(true, options->verbose);
  if (!options->foreground) return start_in_background(*options);
  run_and_exit(std::move(*options), -1);
}

}  // namespace postern::auth::saslauthd
