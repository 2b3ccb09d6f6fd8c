#include "receive/auth_place.hpp"

#include "base/text.hpp"
#include "os/listening_socket.hpp"

namespace postern::receive {
namespace {

result<auth_place> resolve_place(std::string const& name) {
  auto const host_and_port = std::string_view(name).substr(name.find(':') + 1);
  auto const colon = host_and_port.rfind(':');
  auto const port = colon == std::string_view::npos ? std::nullopt : parse_unsigned(host_and_port.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return fail("smtpd_sasl_path = " + name + ": want inet:host:port");
  auto host = host_and_port.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto const found = os::resolve_host(std::string(host));
  if (!found) return fail("smtpd_sasl_path = " + name + ": " + found.error().text);
  if (found->empty()) return fail("smtpd_sasl_path = " + name + ": the host has no address");
  return auth_place{name, net::endpoint{found->front(), static_cast<std::uint16_t>(*port)}};
}

}  // namespace

std::string auth_socket_path(config::settings const& settings) {
  if (!iequals(settings.text("smtpd_sasl_type"), "dovecot")) return "private/sasl";
  auto path = settings.text("smtpd_sasl_path");
  if (path.starts_with("unix:")) path.erase(0, 5);
  return path == "smtpd" ? "private/auth" : path;
}

result<auth_place> load_auth_place(config::settings const& settings) {
  auto path = auth_socket_path(settings);
  if (path.starts_with("inet:")) return resolve_place(path);
  if (path.starts_with('/')) return auth_place{std::move(path), std::nullopt};
  return auth_place{settings.text("queue_directory") + "/" + path, std::nullopt};
}

}  // namespace postern::receive
