#pragma once
// Purpose: reads a server's replies out of a stream of octets. [RFC 5321 §4.2, RFC 2034]
// Errors: incomplete (feed more), complete, malformed (the peer does not speak SMTP, or past a limit).
// Limits: reply_limits; a line end may be LF alone, as many servers have it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message/status.hpp"

namespace postern::smtp {

struct reply_limits {
  std::size_t line_octets = 2'048;  ///< smtp's line_length_limit
  std::size_t lines = 256;
  std::size_t total_octets = 65'536;
};

struct server_reply {
  int code = 0;
  message::enhanced_status status;  ///< of the first line; kind 0 when it has none
  std::vector<std::string> lines;   ///< texts without code, cleaned of control characters

  int category() const noexcept { return code / 100; }
  /// "550 5.1.1 no such user", lines joined by a space: for people and for Diagnostic-Code.
  std::string text() const;
};

class reply_reader {
 public:
  enum class outcome : std::uint8_t { incomplete, complete, malformed };

  explicit reply_reader(reply_limits limits = {}) : limits_(limits) {}

  /// Takes octets up to the end of one reply; removes them from `input`. After `complete`, value() is the reply and
  /// the next feed begins another one.
  outcome feed(std::string_view& input);
  server_reply const& value() const noexcept { return value_; }
  void reset();

 private:
  outcome on_line(std::string_view line);

  reply_limits limits_;
  server_reply value_;
  std::string line_;
  std::size_t total_ = 0;
  bool done_ = false;
};

}  // namespace postern::smtp
