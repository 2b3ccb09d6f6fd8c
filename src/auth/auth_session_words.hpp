#pragma once
// Purpose: the words of auth_session: what front ends are told, and the lines of the log.
// Security: nothing that a client said can forge a field of a log line.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/auth_session.hpp"

namespace postern::auth {

session_actions one(session_action action);
send_action send(sasl::dovecot::server_message const& message);

/// What every log line of an exchange begins with: "SESSION: user=joe, method=PLAIN, service=smtp, client=192.0.2.7".
std::string format_subject(sasl::dovecot::auth_request const& request, std::string_view user);
/// ", source=accounts, credential=phone": who found the login right or wrong, and by what.
std::string format_finding(verdict const& outcome);
log_action refusal_line(sasl::dovecot::auth_request const& request, std::string_view user, std::string_view code,
                        std::string_view detail, std::string_view finding = {});
std::string_view format_reject_reason(sasl::reject_reason reason);
/// The lines that offer these mechanisms.
std::string format_offer(std::vector<std::string> const& mechanisms);

/// For trouble of ours.
sasl::dovecot::reply_fail temporary_failure(std::uint32_t id, std::string user);
/// For a login that was right when its check began.
verdict revoked_meanwhile();

}  // namespace postern::auth
