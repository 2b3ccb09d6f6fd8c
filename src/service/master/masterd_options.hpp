#pragma once
// Purpose: masterd's command line.

#include <span>
#include <string>

#include "base/result.hpp"

namespace postern::service::master {

struct masterd_options {
  std::string private_dir;
  std::string config_dir;
  bool daemon = false;
  bool verbose = false;
};

result<masterd_options> parse_masterd_options(std::span<char const* const> arguments);

}  // namespace postern::service::master
