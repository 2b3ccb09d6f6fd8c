#pragma once
// Purpose: /etc/default/saslauthd (Debian) and /etc/sysconfig/saslauthd (Red Hat), and the arguments they stand for.
// Layout: shell assignments, one or more a line: NAME=word, NAME="…", NAME='…'; $NAME and ${NAME} of what stands above;
//         `export`; # comments; a backslash before the line end joins lines.
// Errors: what is no assignment is a failure that names the line: the shell would run it, we do not.
// Limits: `defaults_octets_max`.
// Source: Debian's /etc/init.d/saslauthd, Red Hat's saslauthd.service

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::auth::saslauthd {

inline constexpr std::size_t defaults_octets_max = std::size_t{256} * 1024;

using variables = std::map<std::string, std::string, std::less<>>;

result<variables> parse_defaults_file(std::string_view text);

/// What the init script would do.
struct instance {
  bool start = false;
  std::string remark = {};                  ///< why not, or empty
  std::vector<std::string> arguments = {};  ///< saslauthd's, argv[0] first
  std::string directory = {};               ///< -m
};

/// `path` is for the remark. A failure: the file is not enough to start anything.
result<instance> decide_instance(variables const& found, std::string const& path);

}  // namespace postern::auth::saslauthd
