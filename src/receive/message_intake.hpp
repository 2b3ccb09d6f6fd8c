#pragma once
// Purpose: takes one message from the end of its envelope to the spool: addresses rewritten, aliases expanded,
//          Received: and header rules, records.
// Layout: where a table has to be waited for, all stops: take_wanted() names the question, put() and go_on() follow.
//         What comes meanwhile is held, a burst of content at most.
// Errors: the disk does not take it: a failure. The message is not to be taken: refusal(), once finish() is done.
// Durability: commit() says yes only when the message is on disk.
// Limits: holds at most one chunk of content; the rest stands in the segment already. With mail filters it is held
//         (milter_content) until they have seen all of it.
// Security: takes only recipients that policy accepted: without a relay_permit nothing for a remote domain gets in.
//           What aliases and hidden copies add gets its permit from policy too (policy/alias_target.hpp).

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "message/header_filter.hpp"
#include "net/tls_session.hpp"
#include "policy/message_actions.hpp"
#include "policy/relay_permit.hpp"
#include "queue/message_record.hpp"
#include "receive/milter_content.hpp"
#include "receive/peer.hpp"
#include "receive/service_settings.hpp"
#include "receive/spool_client.hpp"
#include "rewrite/message_editor.hpp"
#include "smtp/server_session.hpp"

namespace postern::receive {

/// What the message's envelope and headers need to know of the session.
struct intake_session {
  peer const* client = nullptr;
  std::string session_id;
  smtp::server_session const* protocol = nullptr;
  net::tls_info const* tls = nullptr;    ///< null without TLS
  policy::message_actions actions = {};  ///< what policy said so far
  bool has_filters = false;              ///< mail filters are going to see the content
  os::scratch_file* scratch = nullptr;   ///< for what they let wait; null: memory
};

class message_intake {
 public:
  message_intake(service_settings const& settings, intake_session session, std::shared_ptr<open_segment> segment,
                 std::vector<policy::accepted_recipient> recipients);
  message_intake(message_intake const&) = delete;
  message_intake& operator=(message_intake const&) = delete;

  /// Goes on as far as it can.
  result<> go_on();
  /// What it waits for; nothing: it goes on by itself.
  std::optional<maps::question> take_wanted();
  void put(maps::question asked, maps::answer told);

  /// The next content in wire form. A failure means that the disk does not take it.
  result<> append(std::span<std::string_view const> pieces);
  /// What policy, a filter or the administrator's rules want besides; before finish().
  void add_actions(policy::message_actions const& more) { asked_for_.merge(more); }
  /// The content has ended: judges what is only known now. It may wait: then go_on(), until there is nothing wanted.
  result<> finish();
  /// After finish(): what mail filters are to see and may change; null: nothing.
  milter_content* for_filters() noexcept { return phase_ == phase::filters ? &*filtering_ : nullptr; }
  /// When they have: a part of it goes to the spool; true: all has, and go_on() follows.
  result<bool> release_filtered();
  /// After finish(): the message is not to be taken, or has too many hops.
  std::optional<smtp::reply> const& refusal() const noexcept { return refusal_; }
  bool too_many_hops() const noexcept;
  /// After finish(): it is answered with 250 and forgotten.
  bool is_discarded() const noexcept;
  net::task<open_segment::outcome> commit(std::chrono::seconds within, bool alone);

  std::string const& queue_id() const noexcept { return id_text_; }
  std::uint64_t size() const noexcept;
  std::string const& message_id() const noexcept { return filter_.facts().message_id; }
  /// The addresses of From:, as the client gave them; whole after finish().
  std::vector<std::string> const& header_from() const noexcept { return editor_->header_from(); }
  open_segment const& segment() const noexcept { return *segment_; }

 private:
  enum class phase : std::uint8_t { envelope, own_fields, content, end, filters, last_envelope, done };

  rewrite::message_origin make_origin() const;
  void choose_editing();
  void emit(std::string_view text);
  bool add_own_fields();
  bool feed_held();
  bool end_content();
  bool settle_actions();
  std::string make_received() const;
  void log_privacy() const;
  void settle_refusal();
  bool wants_filters() const noexcept;
  result<> spill();

  // message_intake_envelope.cpp
  bool rewrite_envelope(policy::message_actions const& actions);
  /// Finds the classes of recipients where tables have to be waited for; false: an answer is wanted first.
  bool resolve_added(std::vector<rewrite::envelope_recipient> const& recipients);
  std::vector<rewrite::envelope_recipient> asked_recipients() const;
  queue::envelope make_envelope() const;
  queue::recipient make_recipient(rewrite::envelope_recipient const& to) const;
  std::string decide_filter() const;

  service_settings const& settings_;
  intake_session session_;
  std::shared_ptr<open_segment> segment_;
  std::vector<policy::accepted_recipient> recipients_;
  policy::message_actions asked_for_;
  queue::queue_id id_;
  std::string id_text_;
  std::string date_;
  std::string new_message_id_;
  phase phase_ = phase::envelope;
  bool anonymous_ = false;
  bool edits_ = false;   ///< the editor has anything to do
  maps::answers known_;  ///< about the envelope
  rewrite::rewritten_envelope envelope_;
  std::map<std::string, policy::resolved_address> added_;  ///< by address; only where tables block
  std::optional<std::string> written_hold_;                ///< as the spool's record begins
  std::string written_filter_;
  std::optional<smtp::reply> refusal_;
  std::vector<std::string> own_fields_;
  std::optional<rewrite::message_editor> editor_;
  message::header_filter filter_;
  std::optional<queue::message_builder> builder_;
  std::optional<milter_content> filtering_;
  std::uint64_t header_held_ = 0;      ///< octets of header that went to filtering_
  std::uint64_t released_ = 0;         ///< octets of the filtered body that went on
  std::uint64_t filtered_header_ = 0;  ///< octets of the filtered header section, once released
  std::string held_;                   ///< content that waits
  std::string filtered_;
  std::uint64_t own_octets_ = 0;  ///< of fields in front of the client's
};

}  // namespace postern::receive
