#pragma once
// Purpose: starts one process of a service: the program beside masterd, the user of its row, sockets, secrets, log.
// Security: nothing of masterd's environment goes to the child but what import_environment names.

#include <memory>
#include <optional>
#include <string>

#include "net/tls_ticket_keys.hpp"
#include "os/process.hpp"
#include "service/log_output.hpp"
#include "service/master/listeners.hpp"

namespace postern::service::master {

/// Who the programs run as.
struct run_identity {
  std::optional<os::credentials> mail;  ///< empty: the user who started masterd
  bool drop_capabilities = false;       ///< user 0 in a private directory: root without its privileges
};

/// Decides it: an ordinary user keeps its id; root takes mail_owner, or in a private directory the owner of its spool.
result<run_identity> decide_identity(config::settings const& settings);

/// The path of one of our programs: beside the running one, or in ../libexec/postern of it.
result<std::string> find_program(std::string_view name);

/// What all children of one configuration have in common.
struct launch_context {
  config::settings settings;  ///< main.cf; each service adds its -o
  run_identity identity;
  log_target log = log_target::standard_error;
  std::shared_ptr<net::tls_ticket_keys> ticket_keys;
};

struct launched {
  os::child_process process;
  os::unique_fd control;  ///< masterd's end
};

result<launched> launch(service_plan const& service, launch_context const& context, listeners const& sockets);

}  // namespace postern::service::master
