#pragma once
// Purpose: the if … endif blocks of a table of rules, while it is read and while it is asked.
// Concurrency: belongs to one table.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::maps {

/// Which `if` a rule stands in: its number among the conditions, no_block outside of all.
using block = std::int32_t;
inline constexpr block no_block = -1;

/// Keeps the nesting while a table is read.
class block_reader {
 public:
  block current() const { return open_.empty() ? no_block : open_.back().condition; }
  /// The condition numbered `condition` begins in `line`.
  void open(block condition, std::size_t line) { open_.push_back({condition, line}); }
  /// False: there is none to close.
  bool close() {
    if (open_.empty()) return false;
    open_.pop_back();
    return true;
  }
  /// The lines whose `if` is never closed, the innermost first.
  std::vector<std::size_t> open_lines() const {
    std::vector<std::size_t> out;
    for (auto one = open_.rbegin(); one != open_.rend(); ++one) out.push_back(one->line);
    return out;
  }

 private:
  struct open_block {
    block condition;
    std::size_t line;
  };
  std::vector<open_block> open_;
};

/// The conditions of a table for one question: each is tried once at most.
class block_memo {
 public:
  void begin(std::size_t conditions) { state_.assign(conditions, state::unknown); }

  /// Whether all the conditions around `inner` hold. `parent(i)` is the block that condition i stands in, `holds(i)`
  /// tries condition i and answers with result<bool>.
  template <class Parent, class Holds>
  result<bool> holds(block inner, Parent parent, Holds holds) {
    for (auto one = inner; one != no_block; one = parent(one)) {
      auto& known = state_[static_cast<std::size_t>(one)];
      if (known == state::unknown) {
        result<bool> tried = holds(one);
        if (!tried) return tried;
        known = *tried ? state::yes : state::no;
      }
      if (known == state::no) return false;
    }
    return true;
  }

 private:
  enum class state : std::uint8_t { unknown, yes, no };
  std::vector<state> state_;
};

}  // namespace postern::maps
