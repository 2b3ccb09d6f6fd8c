#pragma once
// Purpose: follows the MIME structure of content line by line and says what each line is: header of which kind, or
//          body. Decides nothing and changes nothing.
// Layout: lines without their line ends. A boundary counts by its beginning, "--b1xx" ends a part of boundary "b1", as
//         in Postfix's: what other readers may take for a boundary is looked at here.
// Limits: walk_limits. Parts nested deeper, and boundaries longer than that, are body text.
// Concurrency: one object a message.
// Source: RFC 2045 §5, RFC 2046 §5.1, §5.2; header_checks(5), mime_nesting_limit, mime_boundary_length_limit.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::rewrite {

struct walk_limits {
  std::size_t boundary_length = 2048;  ///< mime_boundary_length_limit
  std::size_t nesting = 100;           ///< mime_nesting_limit
  bool enabled = true;                 ///< not disable_mime_input_processing
};

/// Whose fields these are.
enum class section : std::uint8_t {
  primary,  ///< of the message itself
  part,     ///< of a part of a multipart message
  nested,   ///< of a message in the message
};

enum class transfer_encoding : std::uint8_t { seven_bit, eight_bit, binary, other };

class mime_walk {
 public:
  explicit mime_walk(walk_limits limits = {}) : limits_(limits) {}

  /// A whole field, unfolded or not.
  void on_field(std::string_view field);
  /// The header section at hand is over (by an empty line, or by a line that is no field).
  void on_header_end();
  /// A line of body. Afterwards in_header() may be true: a boundary began a part.
  void on_body_line(std::string_view line);

  bool in_header() const noexcept { return in_header_; }
  section where() const noexcept { return where_; }
  /// Of the part that is being read.
  transfer_encoding encoding() const noexcept { return encoding_; }
  /// The encoding of a multipart or message part is none of 7bit, 8bit and binary; its word. [RFC 2045 §6.4]
  std::string const& misplaced_encoding() const noexcept { return misplaced_encoding_; }
  std::size_t depth() const noexcept { return boundaries_.size(); }

 private:
  enum class kind : std::uint8_t { leaf, multipart, message };
  struct open_multipart {
    std::string boundary;
    bool digest = false;
  };
  void begin_header(section where, bool digest);
  void take_content_type(std::string_view value);
  void take_encoding(std::string_view value);

  walk_limits limits_;
  std::vector<open_multipart> boundaries_;  ///< outermost first
  std::string boundary_;                    ///< of the header at hand
  std::string encoding_word_;
  std::string misplaced_encoding_;
  section where_ = section::primary;
  kind kind_ = kind::leaf;
  transfer_encoding encoding_ = transfer_encoding::seven_bit;
  bool digest_ = false;
  bool in_header_ = true;
};

}  // namespace postern::rewrite
