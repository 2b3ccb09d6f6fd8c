#include "service/master/launcher.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include <sys/resource.h>

#include "base/log.hpp"
#include "os/fd_passing.hpp"
#include "service/arguments.hpp"
#include "service/control_line.hpp"
#include "service/master/sasl_conf_file.hpp"
#include "service/master/table_secrets.hpp"

namespace postern::service::master {
namespace {

constexpr int control_in_child = 3;
os::credentials const superuser{0, 0, {}};  // without the groups of whoever started masterd
constexpr std::uint64_t files_wanted = 1U << 20U;

std::vector<std::string> make_environment(config::settings const& settings) {
  std::vector<std::string> out{"POSTERN_CONTROL_FD=" + std::to_string(control_in_child), "PATH=/usr/bin:/bin"};
  for (auto const& word : settings.list("import_environment")) {
    if (word.find('=') != std::string::npos) {
      out.push_back(word);
    } else if (char const* value = std::getenv(word.c_str())) {
      out.push_back(word + "=" + value);
    }
  }
  return out;
}

/// As many open files as the system grants: a front end holds one for each client.
os::resource_limit open_file_limit() {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  if (now.rlim_max < files_wanted) {
    // Only the superuser may, and not everywhere; what there is does too.
    rlimit more{now.rlim_cur, files_wanted};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) now.rlim_max = files_wanted;
  }
  return {RLIMIT_NOFILE, now.rlim_max, now.rlim_max};
}

program_arguments make_arguments(service_plan const& service, config::settings const& settings) {
  program_arguments out;
  out.program = service.program;
  out.service = service.name;
  out.type = service.type;
  out.config_dir = std::filesystem::absolute(settings.config_dir()).string();
  if (!settings.private_dir().empty()) out.private_dir = std::filesystem::absolute(settings.private_dir()).string();
  out.overrides = service.overrides;
  out.verbose = service.verbose;
  return out;
}

result<start_message> make_start(service_plan const& service, launch_context const& context, listeners const& sockets) {
  start_message out;
  out.log = context.log;
  if (context.log == log_target::file) {
    auto file = open_log_file(log_file_path(context.settings));
    if (!file) return std::unexpected(file.error());
    out.log_file = std::move(*file);
  }
  auto copies = sockets.duplicate(service);
  if (!copies) return std::unexpected(copies.error());
  out.listeners = std::move(*copies);
  auto own_settings = context.settings.with(service.overrides);
  for (auto const& path : list_secret_files(*service.row, own_settings)) {
    // A key that cannot be opened is the program's to complain about: it knows whether it needs it.
    if (auto file = os::open_to_read(path)) out.secrets.push_back({path, std::move(*file)});
  }
  std::ranges::move(collect_table_secrets(*service.row, own_settings), std::back_inserter(out.secrets));
  std::ranges::move(collect_sasl_conf(*service.row, own_settings), std::back_inserter(out.secrets));
  if (context.ticket_keys && !service.inet.empty()) {
    context.ticket_keys->current();
    out.ticket_keys = context.ticket_keys->handed_down().reveal();
  }
  return out;
}

os::spawn_request make_request(service_plan const& service, launch_context const& context, std::string path) {
  os::spawn_request request;
  request.path = std::move(path);
  request.arguments = format_program_arguments(make_arguments(service, context.settings));
  request.environment = make_environment(context.settings);
  request.working_directory = context.settings.text("queue_directory");
  bool keeps_root = service.row->user_root && context.settings.private_dir().empty();
  if (context.identity.mail) request.run_as = keeps_root ? &superuser : &*context.identity.mail;
  if (keeps_root) request.capabilities = service.row->capabilities;
  request.drop_capabilities = context.identity.drop_capabilities;
  request.parent_death_signal = SIGTERM;
  request.limits = {open_file_limit(), {RLIMIT_CORE, 0, 0}};
  return request;
}

}  // namespace

result<run_identity> decide_identity(config::settings const& settings) {
  if (::geteuid() != 0) {
    if (settings.private_dir().empty())
      return fail("a system service is started as root; as an ordinary user give a directory of your own: --dir DIR");
    return run_identity{};
  }
  if (!settings.private_dir().empty()) {
    auto owner = os::find_owner(settings.text("queue_directory"));
    if (!owner) return std::unexpected(owner.error());
    if (owner->user == 0) return run_identity{std::nullopt, true};
    return run_identity{os::credentials{owner->user, owner->group, {}}, false};
  }
  auto name = settings.text("mail_owner");
  auto user = os::find_user(name);
  if (!user) return std::unexpected(user.error());
  if (!*user)
    return fail("mail_owner = " + name + ": there is no such user; make one with `useradd --system --user-group " +
                "--no-create-home --shell /usr/sbin/nologin " + name + "`, or run `postern init` as root");
  if ((*user)->who.user == 0) return fail("mail_owner = " + name + " must not be the superuser");
  return run_identity{(*user)->who, false};
}

result<std::string> find_program(std::string_view name) {
  std::error_code error;
  auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail_errno("/proc/self/exe", error.value());
  auto here = self.parent_path();
  for (auto const& candidate : {here / name, here.parent_path() / "libexec" / "postern" / name}) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  return fail("program " + std::string(name) + " is neither in " + here.string() + " nor in " +
              (here.parent_path() / "libexec/postern").string());
}

result<launched> launch(service_plan const& service, launch_context const& context, listeners const& sockets) {
  auto path = find_program(service.program);
  if (!path) return std::unexpected(path.error());
  auto start = make_start(service, context, sockets);
  if (!start) return std::unexpected(start.error());
  auto message = format_start(*start);
  if (!message) return std::unexpected(message.error());
  auto pair = make_control_pair();
  if (!pair) return std::unexpected(pair.error());
  os::unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto request = make_request(service, context, std::move(*path));
  request.descriptors = {{null.get(), 0}, {1, 1}, {2, 2}, {pair->second.get(), control_in_child}};
  // Before the child runs: the packet waits in the socket, so its first read finds it.
  if (auto sent = os::send_with_fds(pair->first.get(), message->text.reveal(), message->descriptors); !sent)
    return std::unexpected(sent.error());
  auto child = os::spawn(request);
  if (!child) return std::unexpected(child.error());
  return launched{std::move(*child), std::move(pair->first)};
}

}  // namespace postern::service::master
