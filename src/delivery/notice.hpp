#pragma once
// Purpose: turns what the queue manager wants to tell a sender into the notice's content and envelope. Pure.
// Layout: message/dsn.hpp; a Received: field in front, as for any message that this server makes.
// Source: [RFC 3461 §5.2, §6], [RFC 3464]; bounce_size_limit of postconf(5).

#include <string>
#include <string_view>

#include "delivery/queue_settings.hpp"
#include "queue/manager.hpp"
#include "queue/message_record.hpp"

namespace postern::delivery {

/// What a reason tells of another host's part: "5.1.1 host mx[192.0.2.1] said: 550 no (in reply to RCPT TO command)".
struct parsed_reason {
  std::string status;       ///< "5.1.1"; by `fallback_class` when the reason has none
  std::string text;         ///< without the status
  std::string remote_host;  ///< "mx"
  std::string diagnostic;   ///< "550 no"
};
parsed_reason parse_reason(std::string_view reason, char fallback_class);

struct notice_source {
  queue::notice_request const& request;
  queue::stored_message const& original;
  std::string_view original_text;  ///< the content, or its header section
  bool whole = false;              ///< original_text is the whole content
};

/// How much of the original goes back: all of it, or its header section.
bool decide_return_whole(queue::notice_kind kind, queue::stored_message const& original, std::size_t size_limit);

struct composed_notice {
  queue::envelope env;
  std::string content;
};
composed_notice compose_notice(queue_settings const& settings, notice_source const& source, queue::queue_id id,
                               queue::recipient_class recipient_class, wall_time now);

/// "sender non-delivery notification", for the log.
std::string_view describe_notice(queue::notice_kind kind);

}  // namespace postern::delivery
