// postern init: writes a configuration that is safe as it stands, and a certificate.
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.hpp"
#include "service/setup/initial_setup.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/setup_options.hpp"

namespace postern::cli {
namespace {

using service::setup::setup_report;
using service::setup::setup_request;

constexpr char usage[] =
    "usage: postern init [--dir DIR | -c CONFDIR] [--hostname NAME] [--address ADDRESS] [--ports "
    "MX,SUBMISSION,SUBMISSIONS]\n"
    "Without --dir: a system service (root), configuration in CONFDIR, by default /etc/postern.\n";

void print_report(setup_request const& request, setup_report const& report) {
  for (auto const& path : report.written) fmt::print("wrote {}\n", path);
  for (auto const& path : report.kept) fmt::print("kept  {} (it was there already)\n", path);
  auto place = request.private_dir.empty() ? "-c " + request.config_dir : "--dir " + request.private_dir;
  if (!report.fingerprint.empty()) {
    fmt::print(
        "\nThe certificate signs itself, so clients ask whether to trust it. Its SHA-256 fingerprint:\n  {}\n"
        "For one that clients trust already, get it for this machine's name (for example with\n"
        "  certbot certonly --standalone -d mail.example.com\n"
        "), point smtpd_tls_cert_file (fullchain.pem) and smtpd_tls_key_file (privkey.pem) of\n"
        "{}/main.cf at it, then: postern reload {}\n",
        report.fingerprint, request.config_dir, place);
  }
  fmt::print("\nThe first user: postern user add NAME {}\n", place);
}

}  // namespace

bool take_setup_options(std::vector<std::string> const& args, setup_request& request, std::string& problem) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    bool known = args[i] == "--hostname" || args[i] == "--address" || args[i] == "--ports";
    if (!known) return problem = "unknown argument '" + args[i] + "'", false;
    if (i + 1 == args.size()) return problem = args[i] + " wants a value", false;
    auto const& option = args[i];
    auto const& value = args[++i];
    if (option == "--hostname") request.host_name = value;
    if (option == "--address") request.address = value;
    if (option != "--ports") continue;
    auto numbers = split(value, ',');
    if (numbers.size() != request.ports.size()) return problem = "--ports wants three numbers: 2525,2587,2465", false;
    for (std::size_t n = 0; n < numbers.size(); ++n) {
      auto port = parse_unsigned(numbers[n]);
      if (!port || *port == 0 || *port > 65535) return problem = "--ports: no port: " + std::string(numbers[n]), false;
      request.ports[n] = static_cast<std::uint16_t>(*port);
    }
  }
  return true;
}

int write_setup(setup_request const& request) {
  if (::geteuid() == 0 && !request.mail_owner.empty()) {
    if (auto made = service::setup::make_system_user(request.mail_owner); !made) {
      fmt::print(stderr, "postern: {}\n", made.error().text);
      return 1;
    }
  }
  auto report = service::setup::write_initial_setup(request);
  if (!report) {
    fmt::print(stderr, "postern: {}\n", report.error().text);
    return 1;
  }
  print_report(request, *report);
  return 0;
}

int cmd_init(command_line const& line) {
  setup_request request;
  std::error_code ignored;
  if (!line.dir.empty()) {
    request = private_setup(std::filesystem::absolute(line.dir, ignored).lexically_normal().string());
  } else {
    request.config_dir = line.config_dir.empty() ? "/etc/postern" : line.config_dir;
    request.mail_owner = system_user;
  }
  if (std::string problem; !take_setup_options(line.args, request, problem)) {
    fmt::print(stderr, "postern init: {}\n{}", problem, usage);
    return 2;
  }
  if (line.dir.empty() && ::geteuid() != 0) {
    fmt::print(stderr, "postern init: a system service is set up by root; for a server of your own give --dir DIR\n");
    return 1;
  }
  return write_setup(request);
}

}  // namespace postern::cli
