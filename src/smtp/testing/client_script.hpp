#pragma once
// Purpose: plays a dialogue against a client session, for tests.
// Layout: input lines are "S: REPLY LINE" (from the server), and "E: connected|tls|tls-failed|content-sent|timeout|
//         disconnect|deliver|quit"; output lines are "C: LINE" (masked ones "C*: LINE") and "A: ACTION ARGUMENTS".
//         "E: deliver" hands over the message that the test set.

#include <string>
#include <string_view>
#include <vector>

#include "smtp/client_session.hpp"

namespace postern::smtp::testing {

std::vector<std::string> render(client_session::actions actions);
std::vector<std::string> enter(client_session& session, client_message const& message, std::string_view input);
/// Enters the inputs of a script; gives the transcript to compare with the script.
std::string play(client_session& session, client_message const& message, std::string_view script);

}  // namespace postern::smtp::testing
