// Certificates and keys of the smtpd services.
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/ip.hpp"
#include "os/directories.hpp"
#include "receive/tls_settings.hpp"
#include "service/master/launcher.hpp"

#include "admin/certificate.hpp"
#include "admin/checks.hpp"

namespace postern::admin {
namespace {

constexpr std::size_t file_octets_max = 1U << 20U;
constexpr std::uint16_t mx_port = 25;

/// A configured file of certificates or keys.
struct identity_file {
  char const* parameter;
  std::string path;
};

bool is_none(std::string const& path) { return path.empty() || path == "none"; }

std::vector<identity_file> list_files(config::settings const& settings, bool keys) {
  std::vector<identity_file> out;
  for (auto const& path : settings.list("smtpd_tls_chain_files")) out.push_back({"smtpd_tls_chain_files", path});
  if (!out.empty()) return out;
  struct pair {
    char const* certificate;
    char const* key;
  };
  for (auto [certificate, key] :
       {pair{"smtpd_tls_cert_file", "smtpd_tls_key_file"}, pair{"smtpd_tls_eccert_file", "smtpd_tls_eckey_file"},
        pair{"smtpd_tls_dcert_file", "smtpd_tls_dkey_file"}}) {
    if (is_none(settings.text(certificate))) continue;
    auto const* parameter = keys ? key : certificate;
    if (auto path = settings.text(parameter); !is_none(path)) out.push_back({parameter, path});
  }
  return out;
}

bool uses_tls(smtpd_service const& service) { return receive::effective_tls_level(service.settings) != "none"; }

/// A file that only root may read is no fault of the configuration when somebody else runs the check.
result<secret> read_file(std::string const& path, bool& unreadable_for_us) {
  auto file = os::open_to_read(path);
  if (!file) {
    if (file.error().system_error == EACCES && ::geteuid() != 0) unreadable_for_us = true;
    return std::unexpected(file.error());
  }
  auto content = os::read_whole(*file, file_octets_max);
  if (!content) return fail(path + ": " + content.error().text);
  return secret(std::move(*content));
}

config::origin place_of(smtpd_service const& service) {
  for (auto const* parameter : {"smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file",
                                "smtpd_tls_dcert_file", "smtpd_tls_security_level"}) {
    if (service.settings.is_set(parameter)) return check_context::where(service, parameter);
  }
  return service.entry->where;
}

/// Who may own a private key without being a stranger.
bool is_own_user(check_context const& context, uid_t user) {
  if (user == 0 || user == ::geteuid()) return true;
  auto identity = service::master::decide_identity(context.settings());
  return identity && identity->mail && identity->mail->user == user;
}

void judge_key_file(check_context& context, smtpd_service const& service, identity_file const& key) {
  struct stat about{};
  if (::stat(key.path.c_str(), &about) != 0) return;  // check_tls_identity says so
  auto where = check_context::where(service, key.parameter);
  auto mode = about.st_mode & 07777;
  if ((mode & 0007) != 0)
    context.add(gravity::problem, where,
                fmt::format("{} {}: everybody on this machine may {} the private key, mode {:04o}", key.parameter,
                            key.path, (mode & 0002) != 0 ? "change" : "read", mode),
                fmt::format("chmod 600 {}, and think of the key as known to others: make a new one", key.path));
  else if ((mode & 0020) != 0)
    context.add(gravity::warning, where,
                fmt::format("{} {}: a group may change the private key, mode {:04o}", key.parameter, key.path, mode),
                "chmod 600 " + key.path);
  if (!is_own_user(context, about.st_uid))
    context.add(gravity::warning, where,
                fmt::format("{} {}: the private key belongs to user {}", key.parameter, key.path,
                            os::format_user(about.st_uid)),
                "chown root " + key.path);
}

}  // namespace

void check_tls_identity(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!uses_tls(service)) continue;
    if (list_files(service.settings, false).empty()) {
      context.add(gravity::problem, place_of(service),
                  fmt::format("service {} shall speak TLS, but no certificate is configured", service.entry->name),
                  "set smtpd_tls_cert_file and smtpd_tls_key_file, or let postern init make a certificate");
      continue;
    }
    bool unreadable_for_us = false;
    auto read = [&](std::string const& path) { return read_file(path, unreadable_for_us); };
    std::vector<std::string> problems;
    auto made = receive::make_tls_context(service.settings, read, nullptr, problems);
    for (auto const& problem : problems) {
      context.add(unreadable_for_us ? gravity::note : gravity::problem,
                  check_context::where(service, "tls_server_sni_maps"), problem, "correct the entry");
    }
    if (made) continue;
    if (unreadable_for_us)
      context.add(gravity::note, place_of(service), "the private key was not checked: " + made.error().text,
                  "run postern check as root");
    else
      context.add(gravity::problem, place_of(service), "smtpd cannot speak TLS: " + made.error().text,
                  "correct the file, or let postern init make a certificate");
  }
}

void check_certificates(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!uses_tls(service)) continue;
    for (auto const& one : list_files(service.settings, false)) {
      bool unreadable_for_us = false;
      auto text = read_file(one.path, unreadable_for_us);
      if (!text) continue;  // check_tls_identity says so
      auto shown = certificate::parse_pem(text->reveal());
      if (!shown) continue;
      for (auto const& said :
           judge_certificate(*shown, service.settings.text("myhostname"), std::chrono::system_clock::now())) {
        context.add(said.level, check_context::where(service, one.parameter), one.path + ": " + said.text, said.remedy);
      }
    }
  }
}

void check_key_files(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!uses_tls(service)) continue;
    for (auto const& key : list_files(service.settings, true)) judge_key_file(context, service, key);
  }
}

void check_tls_demand(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (service.entry->port != mx_port || receive::effective_tls_level(service.settings) != "encrypt") continue;
    // A public server must not demand it. [RFC 3207 §4]
    context.add(gravity::warning, check_context::where(service, "smtpd_tls_security_level"),
                "port 25 demands TLS: servers that do not speak it cannot deliver mail here",
                "smtpd_tls_security_level = may for the service on port 25");
  }
}

}  // namespace postern::admin
