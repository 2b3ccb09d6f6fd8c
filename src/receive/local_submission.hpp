#pragma once
// Purpose: the local door: SMTP over a UNIX socket, by which the sendmail command hands in the mail of this machine's
//          users. The same sessions as for clients, with settings of their own: what is for strangers (restrictions,
//          limits, TLS, logins, smtpd_milters) is left out, non_smtpd_milters stand in the place of smtpd_milters.
// Security: who is at the other end is what the kernel says (SO_PEERCRED); authorized_submit_users says who may. A list
//           that cannot be asked, or a user who has no name where the list wants one, is refused.
// Limits: submit_recipient_limit recipients a message.
// Source: sendmail(1), pickup(8), authorized_submit_users and non_smtpd_milters of postconf(5).

#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "os/sandbox.hpp"
#include "policy/match_list.hpp"
#include "smtp/reply.hpp"

namespace postern::receive {

struct service_settings;

struct local_submission_settings {
  bool everybody = true;            ///< authorized_submit_users = static:…: nobody's name matters
  policy::domain_match_list users;  ///< otherwise; by name
  std::uint32_t recipient_limit = 0;
};
result<local_submission_settings> load_local_submission_settings(config::settings const& settings);

/// The service of master.cf that has the door.
bool is_local_service(std::string_view name, config::settings const& settings);
/// Below queue_directory: "submit/pickup", by pickup_service_name.
std::string local_submission_socket(config::settings const& settings);

/// What a process with that door needs besides. For prepare().
void ask_for_local_submission(local_submission_settings const& local, config::settings const& settings,
                              os::sandbox_rules& rules);

/// What sessions of local users work with.
std::shared_ptr<service_settings const> make_local_settings(service_settings const& of_service);

/// The user at the other end of a connected UNIX socket.
result<uid_t> read_peer_user(int socket);

/// What a user hears who may not hand in mail; `passwd`: where names are looked up.
std::optional<smtp::reply> refuse_local_user(local_submission_settings const& local, uid_t user,
                                             std::string const& passwd = "/etc/passwd");

}  // namespace postern::receive
