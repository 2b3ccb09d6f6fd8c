#include "receive/milter_macros.hpp"

#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::receive {
namespace {

using value = std::optional<std::string>;

value when(bool known, std::string const& text) { return known ? value(text) : std::nullopt; }
value when_any(std::string const& text) { return when(!text.empty(), text); }

value certificate_text(milter_scene const& scene, std::string const net::tls_info::* field) {
  bool const trusted = scene.tls != nullptr && scene.tls->peer_certificate && scene.tls->peer_verified;
  return trusted ? value(scene.tls->*field) : std::nullopt;
}

value route_text(std::optional<milter_route> const& route, std::string const milter_route::* field) {
  return route ? value(*route.*field) : std::nullopt;
}

// Host and mailer; of mail that did not come by SMTP they are not known.
value way_text(std::optional<milter_route> const& route, std::string const milter_route::* field) {
  return route ? when_any(*route.*field) : std::nullopt;
}

// As SMTP writes an address literal. [RFC 5321 §4.1.3]
std::string literal_text(ip_address const& address) { return (address.is_v6() ? "IPv6:" : "") + address.text(); }

char const* resolve_word(policy::name_status status) {
  switch (status) {
    case policy::name_status::ok:
      return "OK";
    case policy::name_status::unverified:
      return "FORGED";
    case policy::name_status::temporary:
      return "TEMP";
    case policy::name_status::permanent:
      break;
  }
  return "FAIL";
}

std::string describe_client(peer const& client) {
  return fmt::format("{} [{}]{}", client.reverse_name, client.address.text(),
                     iequals(client.name, client.reverse_name) ? "" : " (may be forged)");
}

struct macro_row {
  std::string_view name;
  value (*find)(milter_scene const& scene);
};

constexpr std::array macros{
    macro_row{"{j}", [](milter_scene const& scene) -> value { return scene.host_name; }},
    macro_row{"{v}", [](milter_scene const& scene) -> value { return scene.settings->version_text; }},
    macro_row{"{daemon_name}", [](milter_scene const& scene) -> value { return scene.settings->daemon_name; }},
    macro_row{"{daemon_addr}", [](milter_scene const& scene) { return when_any(scene.client->server_address); }},
    macro_row{"{daemon_port}",
              [](milter_scene const& scene) {
                return when(scene.client->server_port != 0, std::to_string(scene.client->server_port));
              }},
    macro_row{"{_}", [](milter_scene const& scene) -> value { return describe_client(*scene.client); }},
    macro_row{"{client_addr}", [](milter_scene const& scene) -> value { return literal_text(scene.client->address); }},
    macro_row{"{client_port}", [](milter_scene const& scene) -> value { return std::to_string(scene.client->port); }},
    macro_row{"{client_name}", [](milter_scene const& scene) -> value { return scene.client->name; }},
    macro_row{"{client_ptr}", [](milter_scene const& scene) -> value { return scene.client->reverse_name; }},
    macro_row{"{client_resolve}",
              [](milter_scene const& scene) -> value { return resolve_word(scene.client->status); }},
    macro_row{"{client_connections}",
              [](milter_scene const& scene) -> value { return std::to_string(scene.connections); }},
    macro_row{"{i}", [](milter_scene const& scene) { return when_any(scene.queue_id); }},
    macro_row{"{tls_version}",
              [](milter_scene const& scene) { return scene.tls ? value(scene.tls->protocol) : std::nullopt; }},
    macro_row{"{cipher}",
              [](milter_scene const& scene) { return scene.tls ? value(scene.tls->cipher) : std::nullopt; }},
    macro_row{"{cipher_bits}",
              [](milter_scene const& scene) {
                return scene.tls ? value(std::to_string(scene.tls->cipher_bits_used)) : std::nullopt;
              }},
    macro_row{"{cert_subject}",
              [](milter_scene const& scene) { return certificate_text(scene, &net::tls_info::peer_subject_cn); }},
    macro_row{"{cert_issuer}",
              [](milter_scene const& scene) { return certificate_text(scene, &net::tls_info::peer_issuer_cn); }},
    macro_row{"{auth_type}", [](milter_scene const& scene) { return when_any(scene.protocol->mechanism()); }},
    macro_row{"{auth_authen}", [](milter_scene const& scene) { return when_any(scene.protocol->user()); }},
    macro_row{"{auth_author}",
              [](milter_scene const& scene) { return when_any(scene.protocol->envelope().from.auth); }},
    macro_row{"{mail_addr}",
              [](milter_scene const& scene) { return route_text(scene.sender, &milter_route::address); }},
    macro_row{"{mail_host}", [](milter_scene const& scene) { return way_text(scene.sender, &milter_route::host); }},
    macro_row{"{mail_mailer}", [](milter_scene const& scene) { return way_text(scene.sender, &milter_route::mailer); }},
    macro_row{"{rcpt_addr}",
              [](milter_scene const& scene) { return route_text(scene.recipient, &milter_route::address); }},
    macro_row{"{rcpt_host}", [](milter_scene const& scene) { return way_text(scene.recipient, &milter_route::host); }},
    macro_row{"{rcpt_mailer}",
              [](milter_scene const& scene) { return way_text(scene.recipient, &milter_route::mailer); }},
};

std::string_view transport_of(policy::address_class klass, milter_settings const& settings) {
  switch (klass) {
    case policy::address_class::local:
      return settings.local_transport;
    case policy::address_class::virtual_mailbox:
      return settings.virtual_transport;
    case policy::address_class::relay:
      return settings.relay_transport;
    case policy::address_class::virtual_alias:
      return "error:5.1.1 User unknown in virtual alias table";
    case policy::address_class::remote:
      break;
  }
  return settings.default_transport;
}

}  // namespace

std::optional<std::string> find_macro(milter_scene const& scene, std::string_view name) {
  auto const full = name.starts_with('{') ? std::string(name) : fmt::format("{{{}}}", name);
  value found;
  auto const* row = std::ranges::find(macros, full, &macro_row::name);
  if (row != macros.end()) found = row->find(scene);
  if (found) return found;
  auto const set = scene.settings->macro_defaults.find(full);
  return set == scene.settings->macro_defaults.end() ? std::nullopt : value(set->second);
}

milter_route route_for_macros(policy::resolved_address const& to, milter_settings const& settings,
                              std::string_view host_name) {
  auto const transport = transport_of(to.klass, settings);
  auto const colon = transport.find(':');
  milter_route out{to.address, {}, std::string(transport.substr(0, colon))};
  if (colon != std::string_view::npos) out.host = transport.substr(colon + 1);
  bool const leaves = to.klass == policy::address_class::remote || to.klass == policy::address_class::relay;
  if (out.host.empty() && leaves) out.host = settings.relay_host;
  if (out.host.empty()) out.host = leaves || to.klass == policy::address_class::virtual_mailbox ? to.domain : host_name;
  return out;
}

}  // namespace postern::receive
