#pragma once
// Purpose: the manager's settings from the configuration.
// Source: Postfix's parameters of the same names.

#include "config/settings.hpp"
#include "queue/manager.hpp"

namespace postern::queue {

manager_settings load_manager_settings(config::settings const& from);

}  // namespace postern::queue
