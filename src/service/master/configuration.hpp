#pragma once
// Purpose: everything masterd reads, in one step: main.cf, master.cf, who the programs run as. A reload that fails here
//          changes nothing.

#include "service/master/launcher.hpp"
#include "service/master/masterd_options.hpp"
#include "service/master/plan.hpp"

namespace postern::service::master {

struct configuration {
  config::settings settings;
  plan services;
  run_identity identity;
};

result<config::settings> load_main_settings(masterd_options const& options);
/// Logs what is doubtful; fails at what cannot work.
result<configuration> load_configuration(masterd_options const& options);

}  // namespace postern::service::master
