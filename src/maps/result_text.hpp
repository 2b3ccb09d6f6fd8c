#pragma once
// Purpose: the result of a rule with $1, ${2}, $(3) and $$ in it, taken apart once.
// Errors: a macro that is no number, or is not closed, is a failure.
// Source: TEXT SUBSTITUTION of pcre_table(5) and regexp_table(5).

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::maps {

class result_text {
 public:
  static result<result_text> parse(std::string_view text);
  /// The highest group that the text wants; 0: none, and expand() needs no groups.
  std::size_t highest_group() const noexcept { return highest_group_; }
  /// groups[1] stands in for $1; a group that took no part is empty text.
  std::string expand(std::span<std::string_view const> groups) const;

 private:
  struct piece {
    std::string text;
    std::size_t group = 0;  // 0: the text itself
  };
  std::vector<piece> pieces_;
  std::size_t highest_group_ = 0;
};

}  // namespace postern::maps
