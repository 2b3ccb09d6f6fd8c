#pragma once
// Purpose: keeps equal texts once: a million deferred messages share a few hundred reasons.
// Concurrency: none.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strong.hpp"

namespace postern::queue {

using text_id = strong<struct text_id_tag, std::uint32_t>;  ///< 0: the empty text

class text_pool {
 public:
  text_pool();
  /// Counts one more use of the text.
  text_id add(std::string_view text);
  /// One use less; the text goes with the last one.
  void drop(text_id id);
  std::string_view text(text_id id) const { return entries_[id.value].text; }
  std::size_t size() const noexcept { return ids_.size(); }

 private:
  struct entry {
    std::string text;
    std::uint32_t uses = 0;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::vector<entry> entries_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> ids_;
};

}  // namespace postern::queue
