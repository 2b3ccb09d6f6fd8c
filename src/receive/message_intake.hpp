#pragma once
// Purpose: takes one message from the end of its envelope to the spool: Received:, header rules, records.
// Durability: commit() says yes only when the message is on disk.
// Limits: holds at most one chunk of content; the rest stands in the segment already.
// Security: takes only recipients that policy accepted: without a relay_permit nothing for a remote domain gets in.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/header_filter.hpp"
#include "net/tls_session.hpp"
#include "policy/relay_permit.hpp"
#include "queue/message_record.hpp"
#include "receive/peer.hpp"
#include "receive/service_settings.hpp"
#include "receive/spool_client.hpp"
#include "smtp/server_session.hpp"

namespace postern::receive {

/// What the message's envelope and headers need to know of the session.
struct intake_session {
  peer const* client = nullptr;
  std::string session_id;
  smtp::server_session const* protocol = nullptr;
  net::tls_info const* tls = nullptr;  ///< null without TLS
};

class message_intake {
 public:
  message_intake(service_settings const& settings, intake_session session, std::shared_ptr<open_segment> segment,
                 std::vector<policy::accepted_recipient> const& recipients);

  /// The next content in wire form. A failure means that the disk does not take it.
  result<> append(std::span<std::string_view const> pieces);
  /// The content has ended: judges what is only known now.
  result<smtp::body_fault> finish();
  net::task<open_segment::outcome> commit(std::chrono::seconds within, bool alone);

  std::string const& queue_id() const noexcept { return id_text_; }
  std::uint64_t size() const noexcept { return builder_->content_size(); }
  std::string const& message_id() const noexcept { return filter_.facts().message_id; }
  open_segment const& segment() const noexcept { return *segment_; }

 private:
  queue::envelope make_envelope(std::vector<policy::accepted_recipient> const& recipients) const;
  std::string make_received(std::vector<policy::accepted_recipient> const& recipients) const;
  result<> spill();
  bool hides_origin() const;

  service_settings const& settings_;
  intake_session session_;
  std::shared_ptr<open_segment> segment_;
  queue::queue_id id_;
  std::string id_text_;
  std::string date_;
  std::string new_message_id_;
  message::header_filter filter_;
  std::optional<queue::message_builder> builder_;
  std::string filtered_;
  std::uint64_t received_octets_ = 0;
};

}  // namespace postern::receive
