#include "milter/macros.hpp"

#include <cstdlib>

#include "base/text.hpp"

namespace postern::milter {

macro_stage stage_of(command what) {
  switch (what) {
    case command::connect:
      return macro_stage::connect;
    case command::helo:
      return macro_stage::helo;
    case command::mail:
      return macro_stage::mail;
    case command::rcpt:
      return macro_stage::rcpt;
    case command::data:
      return macro_stage::data;
    case command::header:
    case command::end_of_headers:
      return macro_stage::end_of_headers;
    case command::body:
    case command::end_of_message:
      return macro_stage::end_of_message;
    case command::unknown:
      return macro_stage::unknown;
    default:
      std::abort();
  }
}

void append_macros(std::string& out, command about, macro_lists const& lists, macro_source const& values) {
  std::string data(1, static_cast<char>(about));
  for (auto const& name : lists[static_cast<std::size_t>(stage_of(about))]) {
    auto const value = values(name);
    if (!value) continue;
    append_text(data, name);
    append_text(data, *value);
  }
  append_packet(out, command::macros, data);
}

bool take_macro_lists(packet_cursor& from, macro_lists& lists) {
  // The protocol's numbers are those of macro_stage; it has no list for unknown commands.
  constexpr std::uint32_t stages_on_the_wire = 7;
  while (!from.empty()) {
    auto const stage = from.take_u32();
    auto const text = from.take_text();
    if (from.failed() || stage >= stages_on_the_wire) return false;
    macro_names names;
    for (auto const name : split_any(text, ", \t")) names.emplace_back(name);
    if (!names.empty()) lists[stage] = std::move(names);
  }
  return true;
}

}  // namespace postern::milter
