#pragma once
// Purpose: the macros that go with each step: which names a filter gets, and the packet that holds them.
// Layout: command::macros, then the letter of the command they belong to, then name and value in turn.
// Source: milter_*_macros of postconf(5); a filter's own lists (libmilter's smfi_setsymlist) replace them.

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/packet.hpp"

namespace postern::milter {

enum class macro_stage : std::uint8_t {
  connect,
  helo,
  mail,
  rcpt,
  data,
  end_of_message,
  end_of_headers,  ///< also for each header
  unknown,
};
inline constexpr std::size_t macro_stage_count = 8;

/// Names as they are written: "j", "{daemon_name}".
using macro_names = std::vector<std::string>;
using macro_lists = std::array<macro_names, macro_stage_count>;

/// The value of a macro now; nothing: it has none and is left out.
using macro_source = std::function<std::optional<std::string>(std::string_view name)>;

/// The stage whose macros go with a command.
macro_stage stage_of(command what);

void append_macros(std::string& out, command about, macro_lists const& lists, macro_source const& values);

/// Reads the lists that a filter sends when it negotiates, into `lists`; false when they are malformed. An empty list
/// leaves the stage as it is.
bool take_macro_lists(packet_cursor& from, macro_lists& lists);

}  // namespace postern::milter
