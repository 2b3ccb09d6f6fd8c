// Connections that are somebody else's: PROXY headers of load balancers, XCLIENT.
#include <fmt/format.h>

#include "base/log.hpp"
#include "receive/connection.hpp"
#include "receive/proxy_header.hpp"

namespace postern::receive {

// What follows from the client's address; it is not known before the balancer has spoken.
void connection::note_client_address() {
  if (log::verbose() || settings_->debug_peers.find(peer_.address) != nullptr) log_.watch();
  if (settings_->bare_newline_exclusions.find(peer_.address) != nullptr) protocol_.exclude_from_bare_newline_rules();
  auto const& balancer = settings_->balancer;
  trusts_xforward_ = trusts_xforward_ || balancer.xforward_hosts.find(peer_.address) != nullptr;
  protocol_.trust_attributes(balancer.xclient_hosts.find(peer_.address) != nullptr, trusts_xforward_);
}

// False: this is nobody's connection, and has been told so.
net::task<bool> connection::admit_balancer() {
  auto const& balancer = settings_->balancer;
  if (!balancer.expects_proxy_header) co_return true;
  if (balancer.proxies.find(peer_.address) == nullptr) {
    log::warning("{} is not in smtpd_upstream_proxy_hosts: connection closed, session={}", peer_.text(), session_id_);
    co_return false;
  }
  if (co_await read_proxy_header()) co_return true;
  if (!settings_->wrapper_mode) {
    auto const text = fmt::format("421 4.3.0 {} Server local error\r\n", settings_->protocol.host_name);
    co_await stream_.write(text, balancer.timeout);
  }
  co_return false;
}

// Not an octet more than the header: what follows may be a TLS handshake.
net::task<bool> connection::read_proxy_header() {
  auto const from = peer_.text();
  auto const& balancer = settings_->balancer;
  auto const until = std::chrono::steady_clock::now() + balancer.timeout;
  std::string header;
  std::string piece;
  while (auto const wanted = proxy_octets_wanted(header)) {
    piece.resize(wanted);
    auto const got = co_await stream_.read_some(piece, until - std::chrono::steady_clock::now());
    if (!got) {
      log::warning("{}: no PROXY header: {}, session={}", from, got.error().text, session_id_);
      co_return false;
    }
    header += std::string_view(piece).substr(0, *got);
  }
  auto const parsed = parse_proxy_header(header);
  if (!parsed) {
    log::warning("{}: {}, session={}", from, parsed.error(), session_id_);
    co_return false;
  }
  if (!parsed->has_addresses) co_return true;
  peer_.address = parsed->client;
  peer_.port = parsed->client_port;
  peer_.server_address = parsed->server.text();
  peer_.server_port = parsed->server_port;
  co_return true;
}

namespace {

policy::name_status status_of(smtp::known state) {
  if (state == smtp::known::yes) return policy::name_status::ok;
  return state == smtp::known::unavailable ? policy::name_status::permanent : policy::name_status::temporary;
}

// An address without a name is one whose name is not known: that of the proxy is not its.
void apply(smtp::client_attributes const& said, peer& client) {
  if (said.address) {
    client.address = said.address->value;
    client.name = client.reverse_name = "unknown";
    client.status = client.reverse_status = policy::name_status::permanent;
    client.port = 0;
  }
  if (said.name) {
    client.name = said.name->state == smtp::known::yes ? said.name->value : "unknown";
    client.status = status_of(said.name->state);
    client.reverse_name = client.name;
    client.reverse_status = client.status;
  }
  if (said.reverse_name) {
    client.reverse_name = said.reverse_name->state == smtp::known::yes ? said.reverse_name->value : "unknown";
    client.reverse_status = status_of(said.reverse_name->state);
  }
  if (said.port) client.port = said.port->value;
  if (said.server_address) {
    client.server_address = said.server_address->state == smtp::known::yes ? said.server_address->value.text() : "";
  }
  if (said.server_port) client.server_port = said.server_port->value;
}

}  // namespace

net::task<connection::next_actions> connection::replace_client(smtp::client_attributes said) {
  auto const before = peer_.text();
  apply(said, peer_);
  log::info("{} speaks for {} by XCLIENT, session={}", before, peer_.text(), session_id_);
  protocol_.on_client_replaced();
  forget_message();
  credential_.clear();
  // It is the proxy's, and must not let everybody relay whom the proxy speaks for.
  if (tls_info_) tls_info_->peer_certificate = false;
  device_.reset();
  note_client_address();
  if (milters_) co_await milters_->close();
  milters_.reset();
  if (auto refused = co_await count_connection()) co_return protocol_.on_connect_refused(*refused);
  if (auto denied = co_await refuse_connection()) co_return protocol_.on_connect_denied(*denied, peer_.text());
  if (auto refused = co_await open_milters()) co_return protocol_.on_connect_refused(*refused);
  co_return protocol_.on_connect();
}

// What XFORWARD said of a message, for the log.
std::string connection::describe_origin() const {
  auto const& from = protocol_.forwarded();
  std::string out;
  auto const known = [](auto const& one) { return one && one->state == smtp::known::yes; };
  if (known(from.queue_id)) out += ", orig_queue_id=" + from.queue_id->value;
  if (from.name || from.address) {
    out += fmt::format(", orig_client={}[{}]", known(from.name) ? from.name->value : "unknown",
                       known(from.address) ? from.address->value.text() : "unknown");
  }
  return out;
}

}  // namespace postern::receive
