#pragma once
// Purpose: tables of dialogues with the server (server_script.hpp), each under settings of its own.

#include <span>
#include <string_view>

#include "smtp/server_session.hpp"

namespace postern::smtp::testing {

struct script_case {
  std::string_view name;
  void (*change)(server_settings&);  ///< from server_fixture's basic_settings()
  std::string_view script;
};

/// Expects the transcript of each to be the script itself.
void play_as_written(std::span<script_case const> scripts);
/// After any step of any script the peer may go, the time may be up, the server may stop. Expects that nothing breaks,
/// content that was under way is forgotten, and the connection is closed.
void end_after_every_step(std::span<script_case const> scripts);

}  // namespace postern::smtp::testing
