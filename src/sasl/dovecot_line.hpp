#pragma once
// Purpose: the framing that the Dovecot auth client and userdb protocols share: lines of TAB-separated fields.
// Layout: octets up to LF; in a field NUL, \001, TAB, CR and LF are written \001 and one of '0' '1' 't' 'r' 'n'.
// Limits: a line and its LF hold at most `line_octets_max` octets; a longer one is an error of the peer.
// Security: lines carry passwords, so the buffer is wiped as it is consumed.
// Source: docs/protocols/auth.md; what Dovecot 2.3, Postfix 3.7 and Exim 4.96 send

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sasl::dovecot {

inline constexpr std::size_t line_octets_max = 16384;  ///< Dovecot's limit; Exim stops at 8192

/// Collects octets and hands out whole lines.
class line_buffer {
 public:
  explicit line_buffer(std::size_t line_max = line_octets_max) : line_max_(line_max) {}
  line_buffer(line_buffer const&) = delete;
  line_buffer& operator=(line_buffer const&) = delete;
  ~line_buffer();

  /// Pre: the view of the last take_line() is no longer used.
  void append(std::string_view octets);
  /// The next line without its LF; empty when none is whole yet. The view lives until the next append().
  std::optional<std::string_view> take_line();
  /// True when a line is longer than the limit: the connection is to be closed. No line is handed out any more.
  bool overflowed() const noexcept { return overflowed_; }

 private:
  std::size_t line_max_;
  std::string data_;
  std::size_t begin_ = 0;    ///< the first octet that was not handed out
  std::size_t scanned_ = 0;  ///< no LF stands before this octet
  bool overflowed_ = false;
};

std::string escape_field(std::string_view value);
/// Total: an escape that nobody defined yields the octet behind \001, a \001 at the end yields nothing.
std::string unescape_field(std::string_view field);

/// The fields of a line, still escaped.
std::vector<std::string_view> split_fields(std::string_view line);

}  // namespace postern::sasl::dovecot
