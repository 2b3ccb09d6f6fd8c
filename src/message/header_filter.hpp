#pragma once
// Purpose: what smtpd does to a message's header section while it streams by: drops fields that must not leave,
//          counts hops, notes what is there, adds what is missing, cuts fields that are too long.
//         A content_editor may change fields and see the body as well (src/rewrite).
// Layout: content in and out is in wire form: CRLF line ends, no dot-stuffing. The Received: field of this server is
//         not made here (message/received.hpp); it goes out before the first octet of this filter's output.
// Limits: `header_field_limit` octets are held at most, the part of one field that has not ended yet.
// Concurrency: one object a message; reset() makes it fit for the next and keeps its buffers.
// Source: RFC 5322 §2.2, §3.6; Postfix's header_size_limit, hopcount_limit, message_drop_headers,
//         always_add_missing_headers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::message {

/// Length of the field name of a header line, 0 when the line is none. [RFC 5322 §2.2, §4.5]
std::size_t field_name_length(std::string_view line);

struct header_facts;

/// Has its say about each field and about the body. Where it must wait for something it says so: the filter then takes
/// no more content, and asks for the same thing again when it is fed again.
class content_editor {
 public:
  enum class verdict : std::uint8_t { go_on, drop, wait };
  virtual ~content_editor() = default;
  /// `field`: a whole field with its line ends, may be changed; `before`: whole fields that go in front of it.
  virtual verdict edit_field(std::string& field, std::string& before) = 0;
  /// The header section is over; what has to be added yet goes to `output`, whole fields.
  virtual verdict end_header(header_facts const& facts, std::string& output) = 0;
  /// Content after the empty line: appends what goes on to `output` and tells how many octets were taken; fewer than
  /// all of them: it waits.
  virtual std::size_t edit_body(std::string_view content, std::string& output) = 0;
};

struct header_policy {
  std::size_t header_field_limit = 102'400;        ///< header_size_limit: octets of one field, the rest is cut
  std::vector<std::string> const* drop = nullptr;  ///< lower-case names (message_drop_headers); null: none
  content_editor* editor = nullptr;                ///< must outlive the filter's use; null: none
  bool add_missing = false;                        ///< authenticated and local clients, or always_add_missing_headers
  std::string_view date;                           ///< value of the Date: to add; must outlive the filter's use
  std::string_view message_id;                     ///< value of the Message-ID: to add, with < >
  std::string_view from;                           ///< value of the From: to add
};

/// What the header section had; whole once in_body() is true.
struct header_facts {
  std::uint32_t received_count = 0;  ///< compare with hopcount_limit
  bool has_date = false;
  bool has_message_id = false;
  bool has_from = false;
  bool has_subject = false;
  bool resent = false;          ///< a Resent- field: what is missing gets Resent- names [RFC 5322 §3.6.6]
  bool has_recipients = false;  ///< To, Cc or one of their Resent- forms
  bool field_cut = false;       ///< a field was longer than header_field_limit
  std::string message_id;       ///< as sent, or the one added: for the log line message-id=<…>
};

class header_filter {
 public:
  header_filter() = default;
  explicit header_filter(header_policy const& policy) : policy_(policy) {}

  /// Makes the filter ready for another message.
  void reset(header_policy const& policy);

  /// Takes the next content, in any pieces, and appends what goes on to `output`. Tells how many octets were taken;
  /// fewer than all of them: the editor waits, and what is left must be fed again.
  std::size_t feed(std::string_view content, std::string& output);

  /// The content has ended: writes what a header section without a body still owes. False: the editor waits.
  bool finish(std::string& output);

  /// True once the header section has ended: from here on the caller may pass the body on by itself.
  bool in_body() const noexcept { return in_body_; }
  header_facts const& facts() const noexcept { return facts_; }

  /// Octets of output that the header section took, the empty line included: where the body begins.
  std::size_t body_offset() const noexcept { return header_octets_; }

 private:
  bool on_line(std::string_view line, std::string& output);
  bool on_partial_line(std::string_view part, std::string& output);
  bool on_line_end(std::string_view part, std::string& output);
  std::size_t on_body(std::string_view content, std::string& output);
  void append_to_field(std::string_view line);
  bool end_field(std::string& output);
  void note_field(std::string_view name, std::string_view value);
  void note_resent(std::string_view what);
  void add_missing(std::string& output);
  bool end_header(std::string& output);
  void emit(std::string_view text, std::string& output);

  header_policy policy_;
  header_facts facts_;
  std::string field_;  // the field being collected, with its line ends
  std::string line_;   // the part of a line that feed() has seen so far; in the body: a line that began it
  std::size_t header_octets_ = 0;
  bool in_body_ = false;
  bool at_start_ = true;
  bool skipping_line_ = false;  // the rest of a line that was too long
  bool resent_date_ = false;
  bool resent_message_id_ = false;
  bool resent_from_ = false;
  bool header_over_ = false;  // the fields are done, end_header() may be waiting
};

}  // namespace postern::message
