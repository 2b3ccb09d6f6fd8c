#include "admin/check.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "os/directories.hpp"
#include "service/master/server_directories.hpp"

#include "admin/checks.hpp"

namespace postern::admin {
namespace {

constexpr std::array checks{
    check{"main.cf", "values out of bounds, unknown, obsolete and unsupported parameters", check_main_cf},
    check{"master.cf", "bad lines; services that are folded into others or not supported", check_master_cf},
    check{"host name", "a host name that other servers refuse", check_host_name},
    check{"open relay", "restrictions that stop nobody, mynetworks that holds strangers", check_open_relay},
    check{"user relay", "services where users log in and may not relay", check_user_relay},
    check{"TLS identity", "certificates and keys that are missing or do not belong together", check_tls_identity},
    check{"certificates", "expired, about to expire, of another host, weak", check_certificates},
    check{"key files", "private keys that others may read", check_key_files},
    check{"TLS demand", "TLS demanded where strangers deliver mail", check_tls_demand},
    check{"device certificates",
          "an authority about to end; certificates that were issued and that no service asks for",
          check_device_certificates},
    check{"password exposure", "AUTH without TLS", check_password_exposure},
    check{"password source", "accounts that are not where main.cf seems to say", check_password_source},
    check{"mechanisms", "SASL mechanisms that nobody can use", check_mechanisms},
    check{"auth sockets", "authentication daemons that cannot be reached, or not start because we have their socket",
          check_auth_sockets},
    check{"ports", "ports that are taken or not permitted", check_ports},
    check{"users", "the user that the programs run as", check_identity},
    check{"directories", "directories that cannot be written to", check_directories},
    check{"mailboxes", "mailboxes that cannot be delivered to", check_mailboxes},
    check{"disk space", "too little room for mail", check_disk_space},
    check{"spool", "damaged pieces in quarantine, mail that Postfix left behind", check_spool_content},
};

// Without a master.cf main.cf is judged for these.
constexpr char const* usual_services =
    "smtp inet n - n - - smtpd\n"
    "submission inet n - n - - smtpd\n";

std::string_view word(gravity level) {
  switch (level) {
    case gravity::good:
    case gravity::note:
      return "note";
    case gravity::warning:
      return "warning";
    case gravity::problem:
      return "error";
  }
  return "";
}

}  // namespace

std::string format_finding(finding const& one, std::string const& fallback_file) {
  auto place = one.where.file.empty() ? fallback_file : one.where.file;
  if (one.where.line > 0) place += fmt::format(":{}", one.where.line);
  auto out = fmt::format("{}: {}: {}", place, word(one.said.level), one.said.text);
  if (!one.said.remedy.empty()) out += "; " + one.said.remedy;
  return out;
}

check_context::check_context(config::settings settings, config::master_cf services)
    : settings_(std::move(settings)), services_(std::move(services)) {
  for (auto const& entry : services_.services) {
    if (entry.is_smtp_server()) smtpd_services_.push_back({&entry, settings_.with(entry.overrides)});
  }
  server_runs_ = os::find_lock_holder(service::master::pid_file_path(settings_)).has_value();
}

void check_context::add(gravity level, config::origin where, std::string text, std::string remedy) {
  findings_.push_back({std::move(where), {level, std::move(text), std::move(remedy)}});
}

config::origin check_context::where(smtpd_service const& service, std::string_view parameter) {
  return service.settings.where(parameter);
}

std::vector<finding> check_context::take_findings() {
  auto key = [](finding const& one) {
    return std::tie(one.where.file, one.where.line, one.said.text, one.said.remedy);
  };
  std::ranges::sort(findings_, {}, key);
  auto rest = std::ranges::unique(findings_, {}, key);
  findings_.erase(rest.begin(), rest.end());
  return std::exchange(findings_, {});
}

std::span<check const> all_checks() { return checks; }

result<std::vector<finding>> run_checks(config::load_request const& request) {
  auto tolerant = request;
  tolerant.tolerate_errors = true;
  auto settings = config::settings::load(tolerant);
  if (!settings) return std::unexpected(settings.error());
  auto master_cf = settings->config_dir() + "/master.cf";
  auto services = config::load_master_cf(master_cf, *settings);
  std::string unread = services ? "" : services.error().text;
  if (!services) services = config::parse_master_cf(usual_services, master_cf, *settings);
  check_context context(std::move(*settings), std::move(*services));
  if (!unread.empty())
    context.add(gravity::problem, {config::origin::kind::master_cf, master_cf, 0}, unread,
                "the server does not start without it; what follows supposes that smtpd listens on ports 25 and 587");
  for (auto const& one : checks) one.run(context);
  return context.take_findings();
}

}  // namespace postern::admin
