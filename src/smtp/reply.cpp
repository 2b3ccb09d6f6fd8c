#include "smtp/reply.hpp"

#include <fmt/format.h>

namespace postern::smtp {
namespace {

void append_clean(std::string& output, std::string_view text) {
  for (char const c : text) output += static_cast<unsigned char>(c) < ' ' || c == 127 ? '?' : c;
}

}  // namespace

void append_reply(std::string& output, reply const& value) {
  std::string_view text = value.text;
  while (true) {
    auto const end = text.find('\n');
    bool const last = end == std::string_view::npos;
    fmt::format_to(std::back_inserter(output), "{:03}{}", value.code, last ? ' ' : '-');
    if (!value.enhanced.empty()) {
      append_clean(output, value.enhanced);
      output += ' ';
    }
    append_clean(output, text.substr(0, end));
    output += "\r\n";
    if (last) return;
    text.remove_prefix(end + 1);
  }
}

std::string format_reply(reply const& value) {
  std::string output;
  append_reply(output, value);
  return output;
}

}  // namespace postern::smtp
