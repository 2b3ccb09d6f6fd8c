#include "receive/proxy_header.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::receive {
namespace {

using outcome = std::expected<proxy_header, std::string>;

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_octets = 16;
constexpr std::size_t line_octets_max = 107;

std::size_t read_u16(std::string_view octets) {
  return static_cast<std::size_t>(static_cast<unsigned char>(octets[0])) << 8U | static_cast<unsigned char>(octets[1]);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  bool const padded = text.size() > 1 && text.front() == '0';
  auto const number = parse_unsigned(text);
  if (!number || *number > 65'535 || padded) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

outcome parse_line(std::string_view line) {
  auto const bad = [line] { return std::unexpected("bad PROXY line: " + printable(line, line_octets_max)); };
  if (!line.ends_with("\r\n")) return bad();
  auto const words = split(line.substr(0, line.size() - 2), ' ');
  if (words.size() < 2 || words[0] != "PROXY") return bad();
  if (words[1] == "UNKNOWN") return proxy_header{};
  bool const is_v6 = words[1] == "TCP6";
  if (words.size() != 6 || (!is_v6 && words[1] != "TCP4")) return bad();
  auto const client = ip_address::parse(words[2]);
  auto const server = ip_address::parse(words[3]);
  auto const client_port = parse_port(words[4]);
  auto const server_port = parse_port(words[5]);
  bool const whole = client && server && client_port && server_port;
  if (!whole || client->is_v6() != is_v6 || server->is_v6() != is_v6) return bad();
  return proxy_header{true, *client, *client_port, *server, *server_port};
}

template <std::size_t Size>
ip_address address_at(std::string_view octets) {
  std::array<std::uint8_t, Size> raw;
  std::ranges::transform(octets.substr(0, Size), raw.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  if constexpr (Size == 4) {
    return ip_address::from_v4(raw);
  } else {
    return ip_address::from_octets(raw);
  }
}

template <std::size_t Size>
outcome parse_addresses(std::string_view octets) {
  constexpr std::size_t needed = 2 * Size + 4;
  if (octets.size() < needed) return std::unexpected("a PROXY header without its addresses");
  auto const ports = octets.substr(2 * Size);
  return proxy_header{true, address_at<Size>(octets), static_cast<std::uint16_t>(read_u16(ports)),
                      address_at<Size>(octets.substr(Size)), static_cast<std::uint16_t>(read_u16(ports.substr(2)))};
}

outcome parse_binary(std::string_view header) {
  auto const version_and_command = static_cast<unsigned char>(header[12]);
  auto const family = static_cast<unsigned char>(header[13]);
  auto const rest = header.substr(fixed_octets);
  constexpr unsigned char local = 0x20, proxy = 0x21, tcp_v4 = 0x11, tcp_v6 = 0x21;
  if (version_and_command == local) return proxy_header{};
  if (version_and_command != proxy)
    return std::unexpected(fmt::format("unknown PROXY command {:#x}", version_and_command));
  if (family == tcp_v4) return parse_addresses<4>(rest);
  if (family == tcp_v6) return parse_addresses<16>(rest);
  if (family == 0) return proxy_header{};
  return std::unexpected(fmt::format("a PROXY header about what is no TCP connection: {:#x}", family));
}

}  // namespace

std::size_t proxy_octets_wanted(std::string_view so_far) {
  // Both versions are longer than the signature.
  if (so_far.size() < signature.size()) return signature.size() - so_far.size();
  if (!so_far.starts_with(signature)) {
    bool const ended = so_far.ends_with('\n') || so_far.size() >= line_octets_max;
    return ended || !so_far.starts_with("PROXY ") ? 0 : 1;
  }
  if (so_far.size() < fixed_octets) return fixed_octets - so_far.size();
  auto const whole = fixed_octets + read_u16(so_far.substr(14));
  if (whole > proxy_header::header_octets_max || so_far.size() >= whole) return 0;
  return whole - so_far.size();
}

std::expected<proxy_header, std::string> parse_proxy_header(std::string_view whole) {
  if (!whole.starts_with(signature)) return parse_line(whole);
  if (whole.size() < fixed_octets || whole.size() != fixed_octets + read_u16(whole.substr(14))) {
    return std::unexpected("a PROXY header of a wrong length");
  }
  return parse_binary(whole);
}

}  // namespace postern::receive
