#pragma once
// Purpose: one regular expression, compiled: PCRE2's or POSIX's behind the same face.
// Errors: an expression that cannot be compiled fails with the library's words; a match that needs more than its limit
//         of work fails, which is not the same as not matching.
// Limits: PCRE2: match_steps_max and match_kibibytes_max a match. POSIX expressions have no such bound; glibc needs
//         exponential time for back-references alone.
// Security: PCRE2's compiler of machine code is not used: programs that shut themselves in may not make memory
//           executable, and literal_filter saves more than it would.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "maps/required_literals.hpp"

namespace postern::maps {

inline constexpr std::uint32_t match_steps_max = 1'000'000;
inline constexpr std::uint32_t match_kibibytes_max = 20'000;

class pattern {
 public:
  virtual ~pattern() = default;
  /// Fills `groups` (the whole match first) up to `wanted` groups when it matches. They point into `subject`.
  virtual result<bool> match(std::string_view subject, std::size_t wanted, std::vector<std::string_view>& groups) = 0;
  /// How many groups the expression has.
  virtual std::size_t groups() const = 0;
};

/// A kind of pattern table.
struct pattern_syntax {
  std::string_view type;  ///< "pcre"
  result<std::unique_ptr<pattern>> (*compile)(std::string_view expression, std::string_view flags);
  /// What a match must contain, for literal_filter.
  required_literals (*literals)(std::string_view expression, std::string_view flags);
};

extern pattern_syntax const pcre_syntax;
extern pattern_syntax const regexp_syntax;

}  // namespace postern::maps
