#include <cstdlib>

#include "sasl/dovecot_auth_protocol.hpp"

// Properties: nothing crashes; a line that parses formats into a line that parses into the same; cutting the stream
// into pieces changes no line.
namespace dovecot = postern::sasl::dovecot;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

void check_client_line(std::string_view line) {
  auto const parsed = dovecot::parse_client_line(line);
  if (!parsed || std::holds_alternative<dovecot::unknown_message>(*parsed)) return;
  auto const first = dovecot::format_client_line(*parsed);
  auto const again = dovecot::parse_client_line(first.reveal().substr(0, first.size() - 1));
  require(again.has_value() && dovecot::format_client_line(*again).reveal() == first.reveal());
}

void check_server_line(std::string_view line) {
  auto const parsed = dovecot::parse_server_line(line);
  if (!parsed || std::holds_alternative<dovecot::unknown_message>(*parsed)) return;
  auto const first = dovecot::format_server_line(*parsed);
  auto const again = dovecot::parse_server_line(std::string_view(first).substr(0, first.size() - 1));
  require(again.has_value() && dovecot::format_server_line(*again) == first);
}

std::vector<std::string> lines_of(std::string_view input, std::size_t piece) {
  dovecot::line_buffer buffer(64);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    buffer.append(input.substr(at, piece));
    while (auto const line = buffer.take_line()) out.emplace_back(*line);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  check_client_line(input);
  check_server_line(input);
  require(lines_of(input, 1) == lines_of(input, input.size() + 1));
  return 0;
}
