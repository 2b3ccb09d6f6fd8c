// Device certificates: an authority that was made, and services that make no use of it.
#include <algorithm>
#include <filesystem>

#include "receive/tls_settings.hpp"

#include "admin/checks.hpp"
#include "admin/device_hints.hpp"

namespace postern::admin {

// One service that takes them is enough: port 25 need not ask.
void check_device_certificates(check_context& context) {
  auto const& services = context.smtpd_services();
  std::error_code ignored;
  bool const used = std::ranges::any_of(services, [&](auto const& service) {
    return std::filesystem::exists(service.settings.text("device_ca_directory") + "/ca.pem", ignored);
  });
  if (!used) return;
  std::vector<std::string> least;
  config::origin place;
  for (auto const& service : services) {
    if (receive::effective_tls_level(service.settings) == "none") continue;
    auto hints = list_device_hints(service.settings);
    if (hints.empty()) return;
    if (!least.empty() && hints.size() >= least.size()) continue;
    least = std::move(hints);
    place = check_context::where(service, "smtpd_tls_ask_ccert");
  }
  for (auto const& hint : least) context.add(gravity::note, place, hint, "see docs/client-certificates.md");
}

}  // namespace postern::admin
