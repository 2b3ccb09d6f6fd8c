#pragma once
// Purpose: who is at the other end of a connection, as log lines, headers and policy name it.

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/ip.hpp"
#include "policy/client_facts.hpp"

namespace postern::receive {

struct peer {
  ip_address address;
  std::uint16_t port = 0;
  std::string name = "unknown";  ///< confirmed host name [RFC 1912 §2.1]
  policy::name_status status = policy::name_status::permanent;
  std::string reverse_name = "unknown";  ///< of the address, confirmed or not
  policy::name_status reverse_status = policy::name_status::permanent;
  std::string server_address;  ///< where it reached us
  std::uint16_t server_port = 0;
  std::optional<uid_t> local_user;  ///< came through the local door: a user of this machine, as the kernel names him

  std::string text() const { return name + "[" + address.text() + "]"; }  ///< "mail.example.com[192.0.2.1]"
};

/// Twelve characters that join the log lines of one session through smtpd, authd, qmgr and smtp.
std::string make_session_id();

}  // namespace postern::receive
