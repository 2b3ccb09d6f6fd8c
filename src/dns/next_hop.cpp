#include "dns/next_hop.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "dns/record.hpp"

namespace postern::dns {
namespace {

constexpr std::string_view v6_tag = "IPv6:";

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (iequals(text, "smtp")) return std::uint16_t{25};
  if (iequals(text, "submission")) return std::uint16_t{587};
  if (iequals(text, "smtps") || iequals(text, "submissions")) return std::uint16_t{465};
  if (iequals(text, "lmtp")) return std::uint16_t{24};
  auto number = parse_unsigned(text);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

result<next_hop> parse_next_hop(std::string_view text) {
  auto wrong = [&](std::string_view why) { return fail(fmt::format("bad next hop \"{}\": {}", text, why)); };
  auto rest = trim(text);
  next_hop out;
  std::string_view host;
  if (rest.starts_with('[')) {
    auto end = rest.find(']');
    if (end == std::string_view::npos) return wrong("\"[\" without \"]\"");
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    out.look_up_mx = false;
    if (istarts_with(host, v6_tag)) host.remove_prefix(v6_tag.size());
  } else {
    auto end = rest.find(':');
    host = rest.substr(0, end);
    rest.remove_prefix(host.size());
  }
  if (!rest.empty()) {
    auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return wrong("the part behind the host must be \":\" and a port");
    out.port = *port;
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  bool numeric = ip_address::parse(host).has_value();
  if (!numeric && !is_host_name(host)) return wrong("not a host name");
  if (numeric) out.look_up_mx = false;
  out.host = lowercase(host);
  return out;
}

}  // namespace postern::dns
