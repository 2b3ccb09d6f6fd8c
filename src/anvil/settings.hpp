#pragma once
// Purpose: what main.cf says about anvil, as its tables want it.

#include <string>

#include "anvil/account_table.hpp"
#include "anvil/login_table.hpp"
#include "anvil/rate_table.hpp"
#include "anvil/window_table.hpp"
#include "config/settings.hpp"

namespace postern::anvil {

struct settings {
  rate_table::settings rates;
  window_table::settings windows;
  login_table::settings logins;
  account_table::settings accounts;
  std::chrono::seconds status_time{600};  ///< anvil_status_update_time
  std::string directory;                  ///< anvil_directory
};

settings load_settings(config::settings const& from);

}  // namespace postern::anvil
