#pragma once
// Purpose: where Cyrus SASL's NAME.conf is looked for. masterd, which may read it, and authd, which does what it says,
//          must look in the same places.
// Source: libsasl 2.1.28, Debian's Postfix and its cyrus_sasl_config_path.

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace postern::config {

/// cyrus_sasl_config_path, then where Cyrus and Debian have it; the first that holds the file counts.
std::vector<std::string> list_sasl_directories(settings const& from);

}  // namespace postern::config
