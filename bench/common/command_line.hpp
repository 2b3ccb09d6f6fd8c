#pragma once
// Purpose: the command lines of the load generators.
// Layout: "--name value" or "--name=value"; flags take no value; a name without dashes is a word that must be there.
// Errors: wrong usage is told on stderr and ends the program with status 2; --help prints the options and ends it too.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace postern::bench {

struct option {
  std::string_view name;  ///< "--port", or "socket" for a word without a name
  /// What the value goes to, and what --help shows as the default; a flag sets its bool.
  std::variant<bool*, int*, unsigned*, std::uint64_t*, double*, std::string*> value;
  std::string_view meaning = {};
  bool demanded = false;
};

void read_command_line(int argc, char** argv, std::string_view about, std::span<option const> options);

}  // namespace postern::bench
