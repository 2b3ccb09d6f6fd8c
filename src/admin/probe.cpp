#include "admin/probe.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "net/resolver.hpp"
#include "sasl/plain.hpp"

#include "admin/port_probe.hpp"

namespace postern::admin {
namespace {

probe_port describe_port(std::uint16_t port) {
  bool implicit = port == 465 || port == 2465;
  bool for_users = port != 25 && port != 2525;
  return {port, implicit ? tls_way::implicit : tls_way::start_tls, for_users};
}

std::vector<probe_port> usual_ports() { return {describe_port(587), describe_port(465), describe_port(25)}; }

/// "HOST:PORT" at the colon that is not part of an address.
struct host_and_port {
  std::string_view host;
  std::string_view port;
};

std::optional<host_and_port> split_target(std::string_view target) {
  if (target.starts_with('[')) {
    auto end = target.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    auto rest = target.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    return host_and_port{target.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
  }
  auto colon = target.find(':');
  if (colon == std::string_view::npos || target.find(':', colon + 1) != std::string_view::npos)
    return host_and_port{target, {}};
  return host_and_port{target.substr(0, colon), target.substr(colon + 1)};
}

net::task<std::vector<ip_address>> resolve(net::event_loop& loop, probe_request const& request,
                                           probe_listener const& listener) {
  if (auto address = ip_address::parse(request.host)) co_return std::vector{*address};
  remark failed{gravity::problem, {}, "check the name, and the DNS of this machine"};
  auto options = net::load_resolver_options({});
  if (options) {
    options->deadline = request.step_limit;
    net::resolver resolver(loop, std::move(*options));
    auto found = co_await resolver.addresses(request.host);
    if (found.status == net::lookup_status::found) co_return found.records;
    failed.text = found.error;
  } else {
    failed.text = options.error().text;
  }
  listener.on_step({"name", failed});
  co_return std::vector<ip_address>{};
}

}  // namespace

result<probe_request> parse_probe_target(std::string_view target) {
  auto parts = split_target(target);
  if (!parts || parts->host.empty())
    return fail("'" + printable(target) + "' is not HOST, HOST:PORT or [ADDRESS]:PORT");
  probe_request out;
  out.host = lowercase(parts->host);
  if (out.host.contains(':') && !ip_address::parse(out.host))
    return fail("'" + printable(target) + "' is neither a host with a port nor an IPv6 address");
  bool has_port = parts->host.data() + parts->host.size() < target.data() + target.size() && target.back() != ']';
  if (!has_port) {
    out.ports = usual_ports();
    return out;
  }
  auto port = parse_unsigned(parts->port);
  if (!port || *port == 0 || *port > 65535) return fail("'" + printable(parts->port) + "' is not a port: 1 to 65535");
  out.ports = {describe_port(static_cast<std::uint16_t>(*port))};
  return out;
}

net::task<gravity> probe(net::event_loop& loop, probe_request request, probe_listener listener) {
  auto addresses = co_await resolve(loop, request, listener);
  if (addresses.empty()) co_return gravity::problem;
  auto worst = gravity::good;
  bool any_reached = false;
  for (auto const& port : request.ports) {
    port_probe one(loop, request, port, listener);
    co_await one.run(addresses);
    worst = std::max(worst, one.worst());
    any_reached = any_reached || one.reached();
    if (one.login_refused()) request.user.clear();
  }
  if (!any_reached && worst != gravity::problem) {
    worst = gravity::problem;
    listener.on_step({"connect",
                      {gravity::problem, "no mail port of " + request.host + " answers",
                       "is the server running, and does a firewall let this machine through?"}});
  }
  co_return worst;
}

secret format_plain_token(std::string const& user, secret const& password) {
  auto message = sasl::make_plain_client({user, {}, password})->start();
  return secret(encode_base64((**message).reveal()));
}

}  // namespace postern::admin
