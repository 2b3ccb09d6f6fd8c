#pragma once
// Purpose: plays a dialogue against a server session, for tests: what goes in and what comes out, line by line.
// Layout: input lines are "C: LINE" (a line from the client; "C(LF): LINE" ends in a bare LF), "V: ok" or
//         "V: 550 5.7.1 no" (the verdict on what was asked), and "E: EVENT ARGUMENTS" (all other events, see
//         enter_event); output lines are "S: REPLY LINE" and "A: ACTION ARGUMENTS".

#include <string>
#include <string_view>
#include <vector>

#include "smtp/server_session.hpp"

namespace postern::smtp::testing {

bool is_input(std::string_view line);
/// Enters one input line into the session; gives the output lines.
std::vector<std::string> enter(server_session& session, std::string_view input);
/// Output lines of a span of actions.
std::vector<std::string> render(server_session::actions actions);
/// Enters the inputs of a script; gives the transcript, inputs and outputs, to compare with the script.
std::string play(server_session& session, std::string_view script);

}  // namespace postern::smtp::testing
