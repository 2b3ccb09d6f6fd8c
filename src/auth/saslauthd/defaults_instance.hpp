#pragma once
// Purpose: saslauthd --defaults FILE: reads the file and makes the run directory, as Debian's init script does.
// Layout: owner, group and mode of the directory: its line in dpkg's statoverride, else root:sasl 0710.
// Errors: sentences that name the file.

#include <string>

#include "auth/saslauthd/defaults_file.hpp"

namespace postern::auth::saslauthd {

result<instance> load_instance(std::string const& path);
result<> make_instance_directory(std::string const& directory);

}  // namespace postern::auth::saslauthd
