#pragma once
// Purpose: turns what a client sends after 354 into content: finds the end, takes the dots away, normalizes line
//          ends.
// Layout: output is in wire form (CRLF, no dot-stuffing), as views into the input wherever nothing changes: a whole
//         buffer of ordinary lines is one view. Any split of the input gives the same content. [RFC 5321 §4.5.2,
//         §4.1.1.4]
// Limits: `size_limit` octets of content; what is beyond is read, counted and thrown away. Lines may have any
//         length: like Postfix's, this server keeps long lines whole, and the client side folds them (dot_stuffer).
// Security: with normalize and reject only CRLF "." CRLF ends the content, so that no other form can smuggle
//           commands; a CR without LF becomes a space (cleanup_replace_stray_cr_lf), so that no later hop can take
//           it for a line end.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "smtp/bare_newline.hpp"

namespace postern::smtp {

struct body_rules {
  bare_newline newline = bare_newline::normalize;
  bool replace_bare_cr = true;
  std::uint64_t size_limit = 0;  ///< octets, 0: none
};

/// What the content had that a verdict needs.
struct body_facts {
  std::uint64_t size = 0;  ///< octets of content, the discarded ones too
  bool too_large = false;
  bool bare_line_feed = false;
  bool bare_carriage_return = false;
};

class data_reader {
 public:
  data_reader() = default;
  explicit data_reader(body_rules const& rules) : rules_(rules) {}

  /// Ready for another message.
  void reset(body_rules const& rules);

  struct progress {
    std::size_t consumed = 0;  ///< octets of the input that belong to the content; less than all only at the end
    bool ended = false;        ///< the end-of-data sequence was read; what follows `consumed` is the next command
  };

  /// Appends views of the content to `pieces`: valid as long as `input` is.
  progress feed(std::string_view input, std::vector<std::string_view>& pieces);

  body_facts const& facts() const noexcept { return facts_; }

 private:
  enum class at : std::uint8_t { line_start, in_line, after_cr, dot, dot_cr };

  std::size_t take_octet(std::string_view input, std::size_t position, std::vector<std::string_view>& pieces);
  std::size_t take_lines(std::string_view input, std::size_t position, std::vector<std::string_view>& pieces);
  void emit(std::string_view piece, std::vector<std::string_view>& pieces);
  void emit_bare_cr(std::vector<std::string_view>& pieces);
  void end_line(bool with_cr, std::vector<std::string_view>& pieces);
  void end_dot_line(bool with_cr, std::vector<std::string_view>& pieces);

  body_rules rules_;
  body_facts facts_;
  at state_ = at::line_start;
  bool line_began_after_crlf_ = true;
  bool ended_ = false;
};

}  // namespace postern::smtp
