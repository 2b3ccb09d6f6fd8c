#pragma once
// Purpose: what `postern queue` and `mailq` print. Pure.
// Layout: mailq's is that of Postfix's mailq(1) with long queue ids, because people and scripts read it.

#include <string>

#include "base/time.hpp"
#include "ipc/admin_protocol.hpp"

namespace postern::delivery {

std::string format_mailq_header();
std::string format_mailq_row(ipc::queue_row const& row);
/// "-- 12 Kbytes in 3 Requests." or "Mail queue is empty".
std::string format_mailq_footer(std::uint64_t messages, std::uint64_t octets);

/// One message for people: what it is, and for each recipient why it is still here and when it goes on.
std::string format_listing_row(ipc::queue_row const& row, wall_time now);
/// All that is known of one message.
std::string format_details(ipc::queue_row const& row, wall_time now);

}  // namespace postern::delivery
