#include "maps/server_address.hpp"

#include <netdb.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <netinet/in.h>

#include "base/text.hpp"
#include "os/network_needs.hpp"

namespace postern::maps {
namespace {

std::uint16_t number_of(std::string const& port) {
  if (auto const number = parse_unsigned(port)) return static_cast<std::uint16_t>(*number);
  ::addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  ::addrinfo* found = nullptr;
  if (::getaddrinfo(nullptr, port.c_str(), &hints, &found) != 0) return 0;
  std::unique_ptr<::addrinfo, decltype([](::addrinfo* one) { ::freeaddrinfo(one); })> const held(found);
  if (found->ai_family == AF_INET6) return ntohs(reinterpret_cast<::sockaddr_in6*>(found->ai_addr)->sin6_port);
  return ntohs(reinterpret_cast<::sockaddr_in*>(found->ai_addr)->sin_port);
}

bool is_host(std::string_view host, bool bracketed) {
  return !host.empty() && (bracketed || !host.contains(':')) && std::ranges::all_of(host, [](char c) {
    return is_ascii_printable(c) && c != ' ' && c != '[' && c != ']' && c != '/';
  });
}

/// A number, or a word that may be a service's name.
bool is_port(std::string_view port) {
  if (port.empty()) return false;
  if (!is_ascii_digit(port.front())) {
    return std::ranges::all_of(port, [](char c) { return is_ascii_alnum(c) || c == '-' || c == '_'; });
  }
  auto const number = parse_unsigned(port);
  return number && *number > 0 && *number <= 65535;
}

}  // namespace

std::string server_address::text() const {
  if (!path.empty()) return "unix:" + path;
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

result<server_address> parse_inet_server(std::string_view text, std::string_view usual_port) {
  auto const wrong = [&] { return fail(fmt::format("\"{}\" is not host:port", printable(text, 200))); };
  server_address out;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos) return wrong();
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    auto const end = std::min(text.rfind(':'), text.size());
    out.host = text.substr(0, end);
    rest = text.substr(end);
  }
  if (!rest.empty() && !rest.starts_with(':')) return wrong();
  out.port = rest.empty() ? usual_port : rest.substr(1);
  if (!is_host(out.host, text.starts_with('[')) || !is_port(out.port)) return wrong();
  return out;
}

result<server_address> parse_server(std::string_view text, std::string_view usual_port) {
  if (text.starts_with("inet:")) return parse_inet_server(text.substr(5), usual_port);
  if (text.starts_with("unix:") && text.size() > 5) return server_address{std::string(text.substr(5)), {}, {}};
  return fail(fmt::format("\"{}\" is neither inet:host:port nor unix:/path", printable(text, 200)));
}

void ask_for_server(server_address const& at, os::sandbox_rules& rules) {
  if (at.path.empty()) return os::ask_for_network(number_of(at.port), rules);
  rules.syscalls.push_back(os::syscall_set::connect_unix);
}

}  // namespace postern::maps
