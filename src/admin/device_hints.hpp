#pragma once
// Purpose: what in the configuration keeps device certificates from being of use.

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace postern::admin {

/// One sentence each, with the parameter to change; empty when nothing is missing. Of main.cf, or of one service.
std::vector<std::string> list_device_hints(config::settings const& from);

}  // namespace postern::admin
