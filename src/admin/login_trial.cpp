#include "admin/login_trial.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/master_cf.hpp"
#include "os/directories.hpp"
#include "receive/tls_settings.hpp"
#include "service/master/server_directories.hpp"

#include "admin/client_certificate.hpp"
#include "admin/login_scene.hpp"

namespace postern::admin {
namespace {

bool is_named(config::service_entry const& entry, std::string_view name) {
  return entry.name == name || entry.port_name == name || std::to_string(entry.port) == name;
}

/// How probable it is that people's mail clients come here.
int rank_service(config::service_entry const& entry, config::settings const& service) {
  if (!service.boolean("smtpd_sasl_auth_enable")) return 0;
  bool const wrapper = service.boolean("smtpd_tls_wrappermode");
  if (entry.port == 587 || entry.port_name == "submission") return 4;
  if (!wrapper && receive::effective_tls_level(service) == "encrypt") return 3;
  return wrapper ? 2 : 1;
}

/// The service of master.cf whose logins are looked at.
result<config::service_entry> find_service(config::master_cf const& all, config::settings const& server,
                                           std::string const& wanted) {
  config::service_entry const* best = nullptr;
  int best_rank = -1;
  for (auto const& entry : all.services) {
    if (!entry.is_smtp_server()) continue;
    if (!wanted.empty() && !is_named(entry, wanted)) continue;
    int const rank = rank_service(entry, server.with(entry.overrides));
    if (rank > best_rank) best = &entry;
    best_rank = std::max(best_rank, rank);
  }
  if (best != nullptr) return *best;
  return fail(wanted.empty() ? "master.cf has no smtpd service: nobody can log in"
                             : "master.cf has no smtpd service " + printable(wanted, 64));
}

}  // namespace

login_scene::login_scene(config::settings whole_server, config::settings one_service, std::string where,
                         login_test_request asked, step_listener const& on_step)
    : server(std::move(whole_server)),
      service(std::move(one_service)),
      place(std::move(where)),
      request(std::move(asked)),
      plan(make_login_plan(service)),
      user(server_user(server)),
      is_own(is_own_auth_daemon(service)),
      runs(os::find_lock_holder(service::master::pid_file_path(server)).has_value()),
      on_step_(on_step) {}

void login_scene::say(std::string name, gravity level, std::string text, std::string remedy) {
  worst_ = std::max(worst_, level);
  on_step_({std::move(name), {level, std::move(text), std::move(remedy)}});
}

std::string login_scene::show(std::string_view parameter) const {
  return fmt::format("{} = {} ({})", parameter, service.text(parameter), service.where(parameter).text());
}

needed_secret find_needed_secret(login_test_request const& request) {
  if (request.token) return needed_secret::token;
  auto const* const row = sasl::find_mechanism(request.mechanism);
  if (row == nullptr || takes_password(*row)) return needed_secret::password;
  if (row->needs == sasl::credential_need::token_verifier) return needed_secret::token;
  if (request.certificate.empty()) return needed_secret::nothing;
  auto const octets = read_certificate_file(request.certificate);
  return octets && is_sealed_bundle(*octets) ? needed_secret::bundle_password : needed_secret::nothing;
}

result<gravity> test_login(config::load_request const& server, login_test_request request,
                           step_listener const& on_step) {
  auto settings = config::settings::load(server);
  if (!settings) return std::unexpected(settings.error());
  auto const services = config::load_master_cf(settings->config_dir() + "/master.cf", *settings);
  if (!services) return std::unexpected(services.error());
  auto const entry = find_service(*services, *settings, request.at);
  if (!entry) return std::unexpected(entry.error());
  auto service = settings->with(entry->overrides);
  if (request.service.empty()) request.service = service.text("smtpd_sasl_service");
  login_scene scene(std::move(*settings), std::move(service), fmt::format("{} ({})", entry->name, entry->where.text()),
                    std::move(request), on_step);
  tell_service(scene);
  tell_configuration(scene);
  tell_socket(scene);
  tell_stores(scene);
  tell_certificate(scene);
  tell_mechanisms(scene);
  tell_name(scene);
  if (!scene.request.try_login) return scene.worst();
  tell_sources(scene);
  tell_logins(scene);
  return scene.worst();
}

}  // namespace postern::admin
