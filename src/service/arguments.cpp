#include "service/arguments.hpp"

namespace postern::service {
namespace {

result<> add_override(program_arguments& to, std::string_view text) {
  auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return fail("option -o wants name=value, not \"" + std::string(text) + "\"");
  to.overrides.push_back({std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
  return {};
}

result<> take_option(program_arguments& to, std::string_view option, std::string_view value) {
  if (option == "-n") to.service = value;
  if (option == "-t") to.type = value;
  if (option == "-c") to.config_dir = value;
  if (option == "--dir") to.private_dir = value;
  if (option == "--listen") to.listen.emplace_back(value);
  if (option == "-o") return add_override(to, value);
  return {};
}

bool takes_value(std::string_view option) {
  for (auto known : {"-n", "-t", "-c", "-o", "--dir", "--listen"}) {
    if (option == known) return true;
  }
  return false;
}

/// -l, -u, -z and -s are what Postfix's master passes to its own programs; they say nothing to ours.
bool is_without_meaning(std::string_view option) { return option == "-l" || option == "-u" || option == "-z"; }

/// "-v", "-vv"
bool is_verbose(std::string_view option) {
  return option.size() > 1 && option[0] == '-' && option.find_first_not_of('v', 1) == std::string_view::npos;
}

}  // namespace

result<program_arguments> parse_program_arguments(std::string_view program, std::span<char const* const> arguments) {
  program_arguments out;
  out.program = program;
  out.service = program;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view option = arguments[i];
    if (is_verbose(option)) {
      out.verbose += static_cast<int>(option.size()) - 1;
    } else if (takes_value(option)) {
      if (++i == arguments.size()) return fail("option " + std::string(option) + " wants a value");
      if (auto taken = take_option(out, option, arguments[i]); !taken) return std::unexpected(taken.error());
    } else if (!is_without_meaning(option)) {
      return fail("unknown option \"" + std::string(option) +
                  "\"; known are -n name, -t type, -c directory, -o name=value, -v, --dir directory, --listen socket");
    }
  }
  return out;
}

std::vector<std::string> format_program_arguments(program_arguments const& arguments) {
  std::vector<std::string> out{arguments.program, "-n", arguments.service, "-t", arguments.type};
  auto add = [&out](char const* option, std::string const& value) {
    if (value.empty()) return;
    out.emplace_back(option);
    out.push_back(value);
  };
  add("-c", arguments.config_dir);
  add("--dir", arguments.private_dir);
  for (auto const& one : arguments.overrides) add("-o", one.name + "=" + one.value);
  for (auto const& one : arguments.listen) add("--listen", one);
  for (int i = 0; i < arguments.verbose; ++i) out.emplace_back("-v");
  return out;
}

}  // namespace postern::service
