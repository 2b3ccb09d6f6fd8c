#include "service/setup/initial_setup.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "config/settings.hpp"
#include "os/directories.hpp"
#include "os/process.hpp"
#include "service/setup/self_signed.hpp"

namespace postern::service::setup {
namespace {

/// $myhostname as the server will compute it; main.cf that is there already has the say.
std::string mail_host_name(setup_request const& request) {
  config::load_request how;
  how.config_dir = request.config_dir;
  how.private_dir = request.private_dir;
  how.tolerate_errors = true;
  auto settings = config::settings::load(how);
  if (!settings) settings = config::settings::load_text(format_main_cf(request), how);
  return settings ? settings->text("myhostname") : std::string{};
}

/// What clients may call the server, the most official name first.
std::vector<std::string> certificate_names(setup_request const& request) {
  std::array<char, 256> machine{};
  ::gethostname(machine.data(), machine.size() - 1);
  std::vector<std::string> names;
  for (auto const& name : {mail_host_name(request), request.host_name, std::string(machine.data()),
                           std::string("localhost"), std::string("127.0.0.1"), std::string("::1")}) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

result<> write_or_keep(setup_report& report, std::string const& path, std::string_view content, mode_t mode) {
  auto written = os::write_new_file(path, content, mode);
  if (written) {
    report.written.push_back(path);
    return {};
  }
  if (written.error().system_error != EEXIST) return written;
  report.kept.push_back(path);
  return {};
}

result<> write_certificate(setup_report& report, std::string const& directory, setup_request const& request) {
  report.certificate = directory + "/cert.pem";
  auto key_path = directory + "/key.pem";
  std::error_code ignored;
  // A new certificate for an old key, or the other way round, would fit nothing.
  if (std::filesystem::exists(key_path, ignored) || std::filesystem::exists(report.certificate, ignored)) {
    report.kept.push_back(key_path);
    report.kept.push_back(report.certificate);
    return {};
  }
  certificate_request wanted;
  wanted.names = certificate_names(request);
  auto made = make_self_signed(wanted);
  if (!made) return std::unexpected(made.error());
  report.fingerprint = made->fingerprint;
  if (auto done = write_or_keep(report, key_path, made->key_pem.reveal(), 0600); !done) return done;
  return write_or_keep(report, report.certificate, made->certificate_pem, 0644);
}

/// Whoever owns the spool of a private directory is the user that its programs run as.
result<> make_private_directory(setup_request const& request) {
  std::optional<os::ownership> owner;
  if (::geteuid() == 0 && !request.mail_owner.empty()) {
    auto user = os::find_user(request.mail_owner);
    if (!user) return std::unexpected(user.error());
    if (!*user) return fail("there is no user " + request.mail_owner);
    owner = os::ownership{(*user)->who.user, (*user)->who.group};
  }
  bool others_pass = owner.has_value();
  if (auto made = os::make_directory(request.private_dir, others_pass ? 0755 : 0700); !made) return made;
  return os::make_directory(request.private_dir + "/spool", 0755, owner);
}

}  // namespace

result<setup_report> write_initial_setup(setup_request const& request) {
  setup_report report;
  if (!request.private_dir.empty()) {
    if (auto made = make_private_directory(request); !made) return std::unexpected(made.error());
  }
  if (auto made = os::make_directory(request.config_dir, 0755); !made) return std::unexpected(made.error());
  auto keys = request.config_dir + "/tls";
  if (auto made = os::make_directory(keys, 0755); !made) return std::unexpected(made.error());
  if (auto done = write_certificate(report, keys, request); !done) return std::unexpected(done.error());
  auto master = write_or_keep(report, request.config_dir + "/master.cf", format_master_cf(request), 0644);
  if (!master) return std::unexpected(master.error());
  // Last, because its presence says that the setup is complete.
  auto main = write_or_keep(report, request.config_dir + "/main.cf", format_main_cf(request), 0644);
  if (!main) return std::unexpected(main.error());
  return report;
}

result<> make_system_user(std::string const& name) {
  auto user = os::find_user(name);
  if (!user) return std::unexpected(user.error());
  if (*user) return {};
  os::spawn_request request;
  request.path = "/usr/sbin/useradd";
  request.arguments = {"useradd",          "--system",          "--user-group",
                       "--no-create-home", "--home-dir",        "/nonexistent",
                       "--shell",          "/usr/sbin/nologin", name};
  request.descriptors = {{0, 0}, {1, 1}, {2, 2}};
  request.file_mask = 0022;
  auto child = os::spawn(request);
  if (!child) return std::unexpected(child.error());
  auto end = os::wait_for(child->pidfd);
  if (!end) return std::unexpected(end.error());
  if (!end->clean()) return fail("making the user " + name + " with useradd: " + end->text());
  return {};
}

std::string default_private_dir() {
  if (::geteuid() == 0) return "/var/lib/postern";
  if (char const* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return std::string(state) + "/postern";
  char const* home = std::getenv("HOME");
  return std::string(home != nullptr && *home != '\0' ? home : ".") + "/.local/state/postern";
}

}  // namespace postern::service::setup
