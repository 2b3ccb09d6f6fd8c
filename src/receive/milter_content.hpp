#pragma once
// Purpose: a message while mail filters look at it: its header section, its body, and what they want changed of its
//          envelope. Each filter sees what those before it made of it.
// Layout: wire form, as in the spool.
// Errors: what is too large or does not fit on the disk makes later requests do nothing; trouble() says so.
// Concurrency: the loop's thread; one a message.
// Limits: milter_settings::header_octets_max for the header section, memory_octets for the body in memory.
// Security: a new body is put into wire form: no filter can smuggle a bare CR or LF into the spool.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/header_section.hpp"
#include "milter/reply.hpp"
#include "receive/held_content.hpp"
#include "rewrite/message_editor.hpp"

namespace postern::receive {

/// What filters want of the envelope.
struct envelope_changes {
  struct added_recipient {
    std::string address;
    std::string original;     ///< ORCPT=, as given
    std::uint8_t notify = 0;  ///< bits of queue::notify
  };
  std::optional<std::string> sender;
  std::vector<added_recipient> added;
  std::vector<std::string> removed;

  bool empty() const noexcept { return !sender && added.empty() && removed.empty(); }
};

class milter_content {
 public:
  milter_content(os::scratch_file* scratch, std::size_t header_octets_max, std::size_t memory_octets);

  /// Fields of our own in front of it; `hidden`: filters are not shown them.
  void append_own_header(std::string_view fields, bool hidden);
  /// The header section as it came, in any pieces; its empty line may be there.
  void append_header(std::string_view text);
  /// The header section is over.
  void end_header();
  /// Without the empty line.
  void append_body(std::string_view octets);

  std::span<milter::header_section::field const> fields() const noexcept { return header_.fields(); }
  held_content& body() noexcept { return body_; }
  held_content const& body() const noexcept { return body_; }
  std::string header_text() const { return header_.text(); }
  envelope_changes const& envelope() const noexcept { return envelope_; }

  /// What filters add to the header section is checked by milter_header_checks. Before apply().
  void check_headers(rewrite::content_checks const& checks, rewrite::message_origin origin);
  /// `leading_space`: this filter writes the space behind a header's colon itself. False: nothing was done, a table has
  /// to be waited for: take_wanted(), put(), then again.
  bool apply(milter::modification const& wanted, bool leading_space);
  std::optional<maps::question> take_wanted() { return checker_ ? checker_->take_wanted() : std::nullopt; }
  void put(maps::question asked, maps::answer told) { checker_->put(std::move(asked), std::move(told)); }
  /// What milter_header_checks say of the message; null: nothing.
  rewrite::message_editor const* checker() const noexcept { return checker_ ? &*checker_ : nullptr; }
  /// The filter has said all it wanted: a new body takes the old one's place.
  void end_changes();

  /// Empty: all is well. Else why the message cannot be taken.
  std::string const& trouble() const noexcept { return trouble_; }
  bool is_header_too_large() const noexcept { return header_too_large_; }
  /// Sentences for the log; the caller empties it.
  std::vector<std::string>& remarks() noexcept { return remarks_; }

 private:
  void note(bool fits);
  void append_new_body(std::string_view octets);
  void change_envelope(milter::modification const& wanted);
  void apply_checked(milter::modification const& wanted, bool leading_space);

  milter::header_section header_;
  std::string header_text_;  ///< until end_header()
  std::size_t header_octets_max_;
  held_content body_;
  std::optional<held_content> new_body_;
  bool new_body_after_cr_ = false;
  os::scratch_file* scratch_;
  std::size_t memory_octets_;
  envelope_changes envelope_;
  std::string trouble_;
  bool header_too_large_ = false;
  std::vector<std::string> remarks_;
  std::optional<rewrite::message_editor> checker_;
};

/// "<a@b.example>" or "a@b.example" as filters write them; nothing when it is no address. "<>" gives "".
std::optional<std::string> parse_milter_address(std::string_view text);

}  // namespace postern::receive
