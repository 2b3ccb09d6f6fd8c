#include "service/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "maps/table_options.hpp"
#include "os/listening_socket.hpp"
#include "os/memory.hpp"
#include "os/sandbox.hpp"
#include "os/signal_fd.hpp"
#include "service/arguments.hpp"
#include "service/control_line.hpp"
#include "service/log_output.hpp"
#include "service/privileges.hpp"

namespace postern::service {
namespace {

constexpr auto start_message_wait = std::chrono::seconds(30);
constexpr char control_variable[] = "POSTERN_CONTROL_FD";
constexpr mode_t standalone_socket_mode = 0666;

/// The descriptor number masterd put into the environment, -1 without masterd.
int find_control_descriptor() {
  char const* text = std::getenv(control_variable);
  auto number = text != nullptr ? parse_unsigned(text) : std::nullopt;
  return number ? static_cast<int>(*number) : -1;
}

result<listening_socket> open_standalone_listener(std::string const& where) {
  using kind = listening_socket::kind;
  if (where.starts_with("unix:")) {
    auto socket = os::listen_unix(where.substr(5), standalone_socket_mode);
    if (!socket) return std::unexpected(socket.error());
    auto path = where.substr(5);
    auto name = path.rfind('/', path.rfind('/') - 1);
    return listening_socket{kind::unix_socket, path.substr(name == std::string::npos ? 0 : name + 1),
                            std::move(*socket)};
  }
  auto colon = where.rfind(':');
  if (!where.starts_with("inet:") || colon < 5) return fail("--listen wants unix:PATH or inet:ADDRESS:PORT");
  auto host = where.substr(5, colon - 5);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto address = ip_address::parse(host);
  auto port = parse_unsigned(std::string_view(where).substr(colon + 1));
  if (!address || !port || *port > 65535) return fail("--listen " + where + ": not an address and a port");
  auto socket = os::listen_tcp(*address, static_cast<std::uint16_t>(*port));
  if (!socket) return std::unexpected(socket.error());
  return listening_socket{kind::inet, where.substr(5), std::move(*socket)};
}

result<start_message> find_start(program_arguments const& arguments, int control) {
  if (control >= 0) return receive_start(control, start_message_wait);
  start_message message;
  for (auto const& where : arguments.listen) {
    auto socket = open_standalone_listener(where);
    if (!socket) return std::unexpected(socket.error());
    message.listeners.push_back(std::move(*socket));
  }
  return message;
}

result<config::settings> load_settings(program_arguments const& arguments) {
  config::load_request request;
  request.config_dir = arguments.config_dir;
  request.private_dir = arguments.private_dir;
  request.overrides = arguments.overrides;
  request.program = arguments.program;
  request.service = arguments.service;
  return config::settings::load(request);
}

int last_words_descriptor = -1;

/// Runs in the SIGSYS handler: no allocation, nothing but write(2).
void report_violation(int system_call) {
  char text[32] = "refused ";
  std::size_t length = 8;
  char digits[12];
  int count = 0;
  for (unsigned rest = static_cast<unsigned>(system_call); count == 0 || rest != 0; rest /= 10)
    digits[count++] = static_cast<char>('0' + rest % 10);
  while (count > 0) text[length++] = digits[--count];
  int fd = last_words_descriptor >= 0 ? last_words_descriptor : STDERR_FILENO;
  [[maybe_unused]] auto written = ::write(fd, text, length);
}

/// What C library and time zone code would open later, when the sandbox no longer lets them.
void warm_up() { ::tzset(); }

result<> shut_in(environment& around, privileges const& row) {
  if (row.syscalls.empty()) {
    around.close_requests();
    return {};
  }
  last_words_descriptor = around.control_descriptor();
  auto rules = make_sandbox_rules(row, around.settings());
  os::append(rules, around.close_requests());
  auto entered = os::enter_sandbox(rules, report_violation);
  if (!entered) return std::unexpected(entered.error());
  log::debug("sandbox: {}", *entered);
  return {};
}

using signal_descriptor = net::asio::posix::basic_stream_descriptor<net::executor>;

void wait_for_signal(environment& around, os::unique_fd const& signals, signal_descriptor& waiter) {
  waiter.async_wait(signal_descriptor::wait_read, [&](auto error) {
    if (error) return;
    while (auto number = os::read_signal(signals)) {
      // Ctrl-C in the terminal of a foreground server reaches every process; masterd alone decides what follows.
      bool from_terminal = *number == SIGINT && around.control_descriptor() >= 0;
      if (*number == SIGHUP || from_terminal) continue;
      if (around.stopping()) return around.stopped();
      around.stop(around.settings().duration("graceful_stop_time_limit"));
    }
    wait_for_signal(around, signals, waiter);
  });
}

int refuse(failure const& why) {
  log::fatal("{}", why.text);
  return 1;
}

int serve(program const& what, privileges const& row, environment& around) {
  auto signals = os::open_signal_fd({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return refuse(signals.error());
  signal_descriptor waiter(around.loop().get_executor(), ::dup(signals->get()));
  wait_for_signal(around, *signals, waiter);
  warm_up();
  maps::use_main_cf(around.settings());
  if (what.prepare) {
    if (auto ready = what.prepare(around); !ready) return refuse(ready.error());
  }
  if (auto inside = shut_in(around, row); !inside) return refuse(inside.error());
  int status = what.body(around);
  // Sessions that were cut off stand half-way in coroutines whose owners are gone; the kernel clears them away.
  std::fflush(nullptr);
  ::_exit(status);
}

}  // namespace

int run(program const& what, int argc, char** argv) {
  os::give_large_blocks_back();
  auto const* row = find_privileges(what.name);
  if (row == nullptr) return refuse({std::string(what.name) + " has no row in programs/PRIVILEGES"});
  auto arguments = parse_program_arguments(what.name, {argv + 1, static_cast<std::size_t>(std::max(argc, 1)) - 1});
  if (!arguments) return refuse(arguments.error());
  os::unique_fd control(find_control_descriptor());
  ::fcntl(control.get(), F_SETFD, FD_CLOEXEC);
  ::unsetenv(control_variable);
  auto start = find_start(*arguments, control.get());
  if (!start) return refuse(start.error());
  auto settings = load_settings(*arguments);
  if (!settings) {
    if (auto open = open_log(start->log, std::move(start->log_file), {"postern", arguments->program, "mail"}); !open)
      return refuse(open.error());
    return refuse(settings.error());
  }
  log::set_verbose(arguments->verbose > 0);
  log_identity identity{settings->text("syslog_name"), arguments->program, settings->text("syslog_facility")};
  if (auto open = open_log(start->log, std::move(start->log_file), identity); !open) return refuse(open.error());
  environment around(*arguments, std::move(*start), std::move(control), std::move(*settings));
  return serve(what, *row, around);
}

}  // namespace postern::service
