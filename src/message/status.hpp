#pragma once
// Purpose: enhanced mail system status codes as values. [RFC 3463 §2]
// Layout: "class.subject.detail": class 2, 4 or 5; subject and detail 0 to 999 without leading zeros.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::message {

struct enhanced_status {
  std::uint8_t kind = 0;  ///< the class: 2 success, 4 persistent transient failure, 5 permanent failure; 0 none
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;
  friend auto operator<=>(enhanced_status const&, enhanced_status const&) = default;

  std::string text() const;  ///< "5.1.1"
};

/// The code that `text` begins with, when a space or the end follows it ("5.1.1 no such user"); empty otherwise.
std::optional<enhanced_status> take_enhanced_status(std::string_view& text);

/// Exactly one code.
std::optional<enhanced_status> parse_enhanced_status(std::string_view text);

}  // namespace postern::message
