#pragma once
// Purpose: what happens to a message's fields and lines on their way through: checks by tables, privacy, addresses
//          completed and rewritten. One class for mail that comes in (smtpd) and mail that leaves (smtp).
// Layout: content in wire form, as message/header_filter.hpp, which calls this for each field.
// Errors: a table that could not be asked fails the message (`failure`); what a table or strict_* refuses is a
//         rejection. After either the content goes on unseen, and its owner throws it away.
// Limits: holds one field (header_field_limit) or one line (line_limit octets of it) at most; a longer line is looked
//         at in pieces.
// Concurrency: one object a message. Where a table blocks it waits: take_wanted(), put(), then feed again.
// Security: the log shows names and what administrators' tables said; control characters are made harmless.
// Source: header_checks(5), cleanup(8); strict_* of postconf(5).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/header_filter.hpp"
#include "policy/message_actions.hpp"
#include "rewrite/address_rules.hpp"
#include "rewrite/content_checks.hpp"
#include "rewrite/header_addresses.hpp"
#include "rewrite/mime_walk.hpp"
#include "rewrite/privacy.hpp"

namespace postern::rewrite {

/// For log lines.
struct message_origin {
  std::string queue_id;
  std::string client;     ///< "name[192.0.2.1]"
  std::string sender;     ///< envelope
  std::string recipient;  ///< the first; empty: none known
  std::string protocol;   ///< "ESMTP"; empty: not told
  std::string helo;
};

/// Which addresses of headers are completed and rewritten.
enum class header_context : std::uint8_t { none, local, remote };

struct strictness {
  bool seven_bit_headers = false;  ///< strict_7bit_headers, strict_8bitmime
  bool eight_bit_body = false;     ///< strict_8bitmime_body, strict_8bitmime: 8-bit text must be declared
  bool encoding_domain = false;    ///< strict_mime_encoding_domain
  bool any() const noexcept { return seven_bit_headers || eight_bit_body || encoding_domain; }
  static strictness load(config::settings const& settings);
};

struct editor_options {
  content_checks const* checks = nullptr;    ///< null: none
  address_rules const* addresses = nullptr;  ///< null: addresses in headers stay as they are
  header_context context = header_context::none;
  /// smtp_generic_maps: another map for all addresses; null: none
  address_map const* generic = nullptr;
  mapping_rules const* generic_rules = nullptr;
  privacy_profile privacy;
  std::string sender_domain;  ///< for privacy
  strictness strict;
  std::string_view log_prefix;         ///< before the actions' words in the log: "milter-header-"
  std::string undisclosed_recipients;  ///< the field for messages without To: and Cc:; empty: none
  std::size_t header_field_limit = 102'400;
  std::size_t line_limit = 2048;  ///< line_length_limit
};

class message_editor final : public message::content_editor {
 public:
  struct rejection {
    int code = 550;
    std::string status;
    std::string text;
  };

  message_editor(editor_options options, message_origin origin);

  /// A field that this server itself puts in front of the message. False: waits, call it again.
  bool add_field(std::string_view field, std::string& output);
  verdict edit_field(std::string& field, std::string& before) override;
  verdict end_header(message::header_facts const& facts, std::string& output) override;
  std::size_t edit_body(std::string_view content, std::string& output) override;
  /// The content has ended. False: waits, call it again.
  bool finish(std::string& output);

  /// False: the body needs not go through edit_body().
  bool sees_body() const noexcept;
  std::optional<maps::question> take_wanted() { return known_.take_wanted(); }
  void put(maps::question asked, maps::answer told) { known_.put(std::move(asked), std::move(told)); }

  std::optional<rejection> const& rejected() const noexcept { return rejected_; }
  std::string const& failure() const noexcept { return failure_; }  ///< empty: none
  policy::message_actions const& actions() const noexcept { return actions_; }
  /// Names of fields that privacy removed or changed, for the log: "X-Mailer", "Message-ID (changed)".
  std::vector<std::string> const& made_private() const noexcept { return made_private_; }
  /// The addresses of From: as they came.
  std::vector<std::string> const& header_from() const noexcept { return header_from_; }

 private:
  bool is_over() const noexcept { return rejected_.has_value() || !failure_.empty(); }
  bool rewrites_addresses() const noexcept;
  std::size_t header_words() const noexcept;
  bool leaves(std::vector<address_place> const& places) const;
  void note_from(std::string_view name, std::vector<address_place>& places);
  address_completer const& completer() const noexcept;
  mapped<std::string> rewrite_header(std::string_view field, field_role role);
  mapped<std::string> rewrite_one(std::string const& address, field_role role);
  bool apply(check_action const& action, check_place place, std::string_view shown);
  void log(std::string_view word, check_place place, std::string_view shown, std::string_view text) const;
  void refuse_mime(std::string_view why, std::string_view shown);
  void inspect_header(std::string_view field);
  void fail(std::string why);

  bool edit_line(std::string_view line, std::string& output);
  bool edit_text(std::string_view line, std::string_view text, std::string& output);
  bool end_part_field(std::string& output);

  editor_options options_;
  message_origin origin_;
  maps::answers known_;
  mime_walk walk_;
  policy::message_actions actions_;
  std::optional<rejection> rejected_;
  std::string failure_;
  std::vector<std::string> made_private_;
  std::vector<std::string> header_from_;
  std::string partial_;            // of a body line
  std::string field_;              // of a part's header
  std::uint64_t body_octets_ = 0;  // of the part at hand
  bool checking_;                  // until something says that no more need be looked at
};

}  // namespace postern::rewrite
