#pragma once
// Purpose: packets to and from a filter.
// Errors: a length of 0 or above the limit poisons the reader: what follows cannot be told apart.
// Limits: one packet at a time is held, no longer than the limit given.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "milter/protocol.hpp"

namespace postern::milter {

struct packet {
  char letter = 0;
  std::string_view data;  ///< valid until the reader is fed again
};

class packet_reader {
 public:
  explicit packet_reader(std::size_t packet_octets_max) : limit_(packet_octets_max) {}
  void feed(std::string_view octets);
  /// The next whole packet; nothing: more octets are needed. A failure says what is wrong.
  std::expected<std::optional<packet>, std::string> next();
  bool empty() const noexcept { return taken_ == buffer_.size(); }

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t taken_ = 0;
};

/// Appends one packet; the texts of `data` must end in NUL where the protocol says so.
void append_packet(std::string& out, char letter, std::string_view data);
inline void append_packet(std::string& out, command what, std::string_view data = {}) {
  append_packet(out, static_cast<char>(what), data);
}

void append_u32(std::string& out, std::uint32_t value);  ///< big-endian
void append_u16(std::string& out, std::uint16_t value);  ///< big-endian
/// With its NUL; the text ends at a NUL of its own.
void append_text(std::string& out, std::string_view text);

/// Reads what a packet holds. After the first miss it stays failed and gives zeros and empty texts.
class packet_cursor {
 public:
  explicit packet_cursor(std::string_view data) : left_(data) {}
  std::uint32_t take_u32();
  /// A text without its NUL, which must be there.
  std::string_view take_text();
  bool failed() const noexcept { return failed_; }
  bool empty() const noexcept { return left_.empty(); }
  std::string_view rest() const noexcept { return left_; }

 private:
  std::string_view left_;
  bool failed_ = false;
};

}  // namespace postern::milter
