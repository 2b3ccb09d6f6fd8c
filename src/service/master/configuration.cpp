#include "service/master/configuration.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace postern::service::master {
namespace {

void log_diagnostics(std::vector<config::diagnostic> const& diagnostics) {
  for (auto const& one : diagnostics) {
    if (one.level == config::severity::note) {
      log::debug("{}", one.line());
    } else {
      log::warning("{}", one.line());
    }
  }
}

}  // namespace

result<config::settings> load_main_settings(masterd_options const& options) {
  config::load_request request;
  request.config_dir = options.config_dir;
  request.private_dir = options.private_dir;
  request.program = "masterd";
  return config::settings::load(request);
}

result<configuration> load_configuration(masterd_options const& options) {
  auto settings = load_main_settings(options);
  if (!settings) return std::unexpected(settings.error());
  log_diagnostics(settings->diagnostics());
  auto table = config::load_master_cf(settings->config_dir() + "/master.cf", *settings);
  if (!table) return std::unexpected(table.error());
  log_diagnostics(table->diagnostics);
  // A line that cannot be read may be a service that somebody relies on.
  auto wrong = std::ranges::find(table->diagnostics, config::severity::error, &config::diagnostic::level);
  if (wrong != table->diagnostics.end()) return fail(wrong->line());
  auto services = plan_services(*settings, *table, this_machine());
  if (!services) return std::unexpected(services.error());
  for (auto const& note : services->notes) log::debug("{}", note);
  auto identity = decide_identity(*settings);
  if (!identity) return std::unexpected(identity.error());
  return configuration{std::move(*settings), std::move(*services), std::move(*identity)};
}

}  // namespace postern::service::master
