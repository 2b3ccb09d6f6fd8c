// Device certificates: an authority that ends soon, and services that make no use of it.
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "os/directories.hpp"
#include "receive/tls_settings.hpp"

#include "admin/certificate.hpp"
#include "admin/checks.hpp"
#include "admin/device_hints.hpp"

namespace postern::admin {

namespace {

constexpr std::size_t file_octets_max = 64UL * 1024;
constexpr std::chrono::days warned_before{30};

std::string authority_file(smtpd_service const& service) {
  return service.settings.text("device_ca_directory") + "/ca.pem";
}

void judge_authority(check_context& context, config::origin const& place, std::string const& path) {
  auto const file = os::open_to_read(path);
  auto const text = file ? os::read_whole(*file, file_octets_max) : std::unexpected(file.error());
  auto const shown = text ? certificate::parse_pem(*text) : std::unexpected(text.error());
  if (!shown) {
    context.add(gravity::warning, place, "the authority of device certificates: " + shown.error().text,
                "put back " + path + " and ca.key beside it from a backup");
    return;
  }
  auto const left = std::chrono::floor<std::chrono::days>(shown->not_after() - wall_time::clock::now());
  if (left > warned_before) return;
  bool const over = left < std::chrono::days(0);
  context.add(over ? gravity::problem : gravity::warning, place,
              fmt::format("{}: the authority of device certificates {} at {}", path, over ? "ended" : "ends",
                          format_utc(shown->not_after())),
              "postern cert ca --renew; certificates of devices stay good");
}

}  // namespace

// One service that takes them is enough: port 25 need not ask.
void check_device_certificates(check_context& context) {
  auto const& services = context.smtpd_services();
  std::set<std::string> authorities;
  for (auto const& service : services) {
    std::error_code ignored;
    auto path = authority_file(service);
    if (!std::filesystem::exists(path, ignored) || !authorities.insert(path).second) continue;
    judge_authority(context, check_context::where(service, "device_ca_directory"), path);
  }
  if (authorities.empty()) return;
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
