#pragma once
// Purpose: turns content into what follows DATA: doubles leading dots, folds lines that are too long, ends with CRLF
//          . CRLF.
// Layout: input in wire form (CRLF) in any pieces; output as views into the input where nothing changes. [RFC 5321
//         §4.5.2]
// Limits: `line_limit` octets a line without CRLF (smtp_line_length_limit; 0: any); a longer one is broken by CRLF
//         SPACE.
// Security: a CR or LF that stands alone leaves as a space, so that nothing in the content can look like an end to
//           the peer.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace postern::smtp {

class dot_stuffer {
 public:
  explicit dot_stuffer(std::size_t line_limit = 998) : line_limit_(line_limit) {}
  void reset() noexcept;

  /// Appends views of what to send; valid as long as `content` is.
  void feed(std::string_view content, std::vector<std::string_view>& pieces);
  /// Appends the end-of-data sequence, with a line end before it when the content has none.
  void finish(std::vector<std::string_view>& pieces);

 private:
  std::size_t take_pending_cr(std::string_view content, std::vector<std::string_view>& pieces);

  std::size_t line_limit_;
  std::size_t column_ = 0;
  bool pending_cr_ = false;
};

}  // namespace postern::smtp
