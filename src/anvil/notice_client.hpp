#pragma once
// Purpose: has qmgr write to the administrator and the user that an account is held.
// Errors: false, with a log line, when qmgr is away or cannot; it is to be asked again then.
// Limits: a minute for the answer.
// Source: docs/protocols/queue.md

#include <string>

#include "net/event_loop.hpp"

namespace postern::anvil {

net::task<bool> tell_of_account(net::event_loop& loop, std::string queue_socket, std::string account,
                                std::string reason);

}  // namespace postern::anvil
