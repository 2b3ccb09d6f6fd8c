#pragma once
// Purpose: the delivery transports that master.cf names besides ours: further smtp services with options of their own,
//          as content filters want them ("smtp-amavis unix - - n - 2 smtp -o …").
// Errors: a master.cf that cannot be read gives none.

#include <string>
#include <unordered_map>

#include "config/settings.hpp"

namespace postern::delivery {

/// Transport name to socket path. `smtp_socket`, `local_socket`: of the transports that are always there.
std::unordered_map<std::string, std::string> find_transports(config::settings const& settings,
                                                             std::string const& smtp_socket,
                                                             std::string const& local_socket);

}  // namespace postern::delivery
