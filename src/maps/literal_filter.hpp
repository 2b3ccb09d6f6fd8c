#pragma once
// Purpose: which of many expressions could match a text at all: those whose required literals (required_literals.hpp)
//          are in it. A table of 100,000 expressions is asked in microseconds, in its own order, with the answers that
//          trying one after the other gives.
// Layout: each alternative of an expression is filed under four octets of one of its runs (fewer when its runs are
//         shorter), those that the fewest others have; the text is looked at four octets by four.
// Concurrency: never changes after finish().

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "maps/required_literals.hpp"

namespace postern::maps {

class literal_filter {
 public:
  /// Ids count up from 0, one call each, in order.
  void add(required_literals literals);
  /// After the last add().
  void finish();
  /// The ids that could match, ascending.
  void collect(std::string_view subject, std::vector<std::uint32_t>& into) const;

 private:
  struct needle {
    std::uint64_t gram = 0;
    std::uint32_t id = 0;
    std::uint32_t text = 0;    // where the run begins in texts_
    std::uint16_t octets = 0;  // of the run
    std::uint16_t offset = 0;  // of the gram in the run
  };
  struct slot {
    std::uint64_t gram = 0;  // 0: free
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  void count_grams();
  void file(std::uint32_t id, std::vector<std::string> const& runs);
  void build_slots();
  slot const* find(std::uint64_t gram) const;
  void collect_grams(std::string_view folded, std::size_t octets, std::vector<std::uint32_t>& into) const;

  std::vector<required_literals> added_;
  std::vector<std::uint32_t> always_;
  std::vector<std::uint32_t> frequency_;
  std::vector<needle> needles_;
  std::string texts_;
  std::vector<slot> slots_;
  bool has_grams_of_[5] = {};
};

}  // namespace postern::maps
