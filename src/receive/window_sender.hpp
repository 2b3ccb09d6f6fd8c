#pragma once
// Purpose: as whom may an account send through its roaming window? Asked by smtpd and by `postern access explain`.
// Errors: what could not be asked is an objection.
// Concurrency: the caller's loop; each question has the deadline of whom it is asked.
// Security: strict where roaming_sender_check is: smtpd_sender_login_maps, where it names the sender, has the only say;
//           else the account's own name and its aliases, in domains of ours. docs/roaming.md

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "receive/anvil_settings.hpp"
#include "receive/auth_client.hpp"

namespace postern::receive {

/// Why there is no window where anvil knows none.
inline constexpr std::string_view nobody_read_mail = "nobody has read mail from there within roaming_window";

/// Who knows whose a sender is.
struct owner_sources {
  /// Asks a table that may block.
  std::function<net::task<maps::answer>(maps::question)> ask_table;
  auth_client* users = nullptr;  ///< null: nobody has an alias
};

/// Why `account` may not send as `sender`, for the log; nothing: it may. `how` outlives the call.
net::task<std::optional<std::string>> find_objection(anvil_settings const& how, std::string account, std::string sender,
                                                     owner_sources ask);

}  // namespace postern::receive
