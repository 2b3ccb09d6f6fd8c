#pragma once
// Purpose: a message as programs give it to sendmail(1): reads it, finds out what the envelope needs, and keeps it in
//          the form that goes over the wire.
// Layout: out: lines end in CRLF, a dot at the beginning of a line is doubled; the end of data is not part of it. Left
//         out: "From " and ">From " lines in front (mbox), all from a lone dot on (unless dots are ignored).
// Units: octets.
// Errors: a sentence; too_large() tells the limit from a disk that is full.
// Limits: rules::size_limit; memory_octets of it in memory, the rest in a nameless file; a header field of which more
//         than field_octets_max are looked at for addresses is looked at so far.
// Source: sendmail(1), sendmail_fix_line_endings of postconf(5), RFC 5321 §4.5.2, RFC 5322 §3.6.

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::admin {

enum class line_endings : std::uint8_t {
  always,  ///< a CR in front of a line feed is none of the text
  strict,  ///< the same when the first line has one
  never,
};

struct handed_rules {
  bool dot_ends = true;  ///< not -i
  line_endings ends = line_endings::always;
  std::uint64_t size_limit = 0;  ///< 0: none
  /// "Joe User <joe>": From: (Resent-From: of a resent message) where the message has none; empty: none is added.
  std::string from;
};

class handed_message {
 public:
  static constexpr std::size_t memory_octets = 1U << 20U;
  static constexpr std::size_t field_octets_max = 1U << 20U;

  explicit handed_message(handed_rules rules) : rules_(std::move(rules)) {}

  /// The next that came; false: nothing more is wanted.
  result<bool> feed(std::string_view text);
  result<> finish();

  bool too_large() const noexcept { return too_large_; }
  bool has_eight_bit() const noexcept { return eight_bit_; }
  std::uint64_t size() const noexcept { return size_; }
  /// Of To:, Cc: and Bcc:, or of Resent-To: and its kin where there are any Resent- fields: addresses in the form of
  /// message/address.hpp, each once.
  std::vector<std::string> recipients() const;
  /// Hands all of it out, piece by piece, until `take` says no.
  result<> read(std::function<bool(std::string_view)> const& take);

 private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  result<> end_line();
  result<> flush_long_line();
  result<bool> begin_line(std::string_view line);
  result<> put_part(std::string_view part, bool begins, std::string_view end);
  void end_field();
  result<> end_header(bool with_separator);
  result<> put(std::string_view text);

  handed_rules rules_;
  std::string line_;      ///< not ended yet
  bool in_line_ = false;  ///< the beginning of this line is out already
  bool first_ = true;     ///< no line has ended yet
  bool strips_ = false;   ///< strict: the first line had a CR
  bool at_top_ = true;    ///< only mbox lines so far
  bool in_header_ = true;
  bool ended_ = false;
  bool too_large_ = false;
  bool eight_bit_ = false;
  bool resent_ = false;
  bool has_from_ = false;
  bool has_resent_from_ = false;
  std::string field_;
  std::vector<std::string> to_;
  std::vector<std::string> resent_to_;
  std::uint64_t size_ = 0;
  std::string memory_;
  std::unique_ptr<std::FILE, closer> file_;
};

/// The addresses of a word of sendmail's command line: most are one, lists and names with an address in angle brackets
/// are taken too; "<>" and "" are the null address.
std::vector<std::string> parse_handed_addresses(std::string_view word);

/// "Joe User <joe@x.example>", the name quoted where it must be; without a name the address alone. [RFC 5322 §3.4]
std::string format_mailbox(std::string_view name, std::string_view address);

}  // namespace postern::admin
