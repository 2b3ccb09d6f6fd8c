#pragma once
// Purpose: what `postern init` and `postern up` have in common: the first configuration of a server.

#include <string>
#include <vector>

#include "service/setup/initial_setup.hpp"

namespace postern::cli {

/// The user that programs become when root sets a server up.
inline constexpr char system_user[] = "postern";

/// A private directory on high ports, owned by whoever owns the directory.
inline service::setup::setup_request private_setup(std::string const& dir) {
  service::setup::setup_request request;
  request.private_dir = dir;
  request.config_dir = dir + "/etc";
  request.ports = {2525, 2587, 2465};
  return request;
}

/// Takes --hostname, --address and --ports; `problem` says what is wrong when the answer is false.
bool take_setup_options(std::vector<std::string> const& args, service::setup::setup_request& request,
                        std::string& problem);

/// Writes the files, makes the user when there is one to make, and prints what to do next. The exit status.
int write_setup(service::setup::setup_request const& request);

}  // namespace postern::cli
