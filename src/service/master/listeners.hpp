#pragma once
// Purpose: the listening sockets of all services. They outlive every program and every reload: an address that stays in
//          master.cf keeps its socket, so no connection is ever refused because a program is being replaced.
// Errors: when one address cannot be bound the whole update fails and the old set stays.

#include <map>
#include <string>
#include <vector>

#include "os/directories.hpp"
#include "service/environment.hpp"
#include "service/master/plan.hpp"

namespace postern::service::master {

class listeners {
 public:
  /// Binds what the plan names and is not bound yet, then closes what it does not name.
  result<> update(plan const& wanted, std::string const& queue_directory);

  /// The service's sockets, duplicated for one process.
  result<std::vector<listening_socket>> duplicate(service_plan const& service) const;

  /// The descriptor of one address; -1 when it is not bound.
  int find(std::string const& address) const;
  std::vector<std::string> addresses() const;
  void close_all() { bound_.clear(); }

 private:
  std::map<std::string, os::unique_fd> bound_;
};

}  // namespace postern::service::master
