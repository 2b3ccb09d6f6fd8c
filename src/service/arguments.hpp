#pragma once
// Purpose: the command line that masterd gives to a program, or a person who runs it by hand.

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"

namespace postern::service {

struct program_arguments {
  std::string program;                            ///< "smtpd"
  std::string service;                            ///< -n; the program's name when absent
  std::string type = "unix";                      ///< -t
  std::string config_dir;                         ///< -c
  std::string private_dir;                        ///< --dir
  std::vector<config::override_value> overrides;  ///< -o
  std::vector<std::string> listen;                ///< --listen, without masterd only
  int verbose = 0;                                ///< -v
};

/// `arguments` without argv[0].
result<program_arguments> parse_program_arguments(std::string_view program, std::span<char const* const> arguments);
/// What parse_program_arguments reads, for execve; argv[0] first.
std::vector<std::string> format_program_arguments(program_arguments const& arguments);

}  // namespace postern::service
