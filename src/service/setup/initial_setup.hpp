#pragma once
// Purpose: what `postern init` writes: main.cf, master.cf, key and certificate of a server that is safe as it stands.
// Errors: a file that is there already is left as it is and named in the report.
// Security: nobody relays because of an address; passwords are asked for only under TLS; the key is 0600.

#include <array>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace postern::service::setup {

struct setup_request {
  std::string private_dir;                              ///< empty: a system service
  std::string config_dir;                               ///< where main.cf goes; private_dir/etc for a private directory
  std::string host_name;                                ///< myhostname; empty: left to be detected
  std::string address;                                  ///< listen on this one only; empty: inet_interfaces
  std::array<std::uint16_t, 3> ports = {25, 587, 465};  ///< MX, submission, submissions
  std::string mail_owner;  ///< root only: whom the programs run as; empty: whoever owns private_dir
};

/// The files as text, for tests and for the writer.
std::string format_main_cf(setup_request const& request);
std::string format_master_cf(setup_request const& request);

struct setup_report {
  std::vector<std::string> written;
  std::vector<std::string> kept;  ///< were there already
  std::string certificate;        ///< its path
  std::string fingerprint;        ///< empty when the certificate was there already
};

result<setup_report> write_initial_setup(setup_request const& request);

/// Makes the system user with useradd(8) unless it exists. Root only.
result<> make_system_user(std::string const& name);

/// Where `postern up` keeps everything when no --dir is given: /var/lib/postern for root, else
/// $XDG_STATE_HOME/postern, else ~/.local/state/postern.
std::string default_private_dir();

}  // namespace postern::service::setup
