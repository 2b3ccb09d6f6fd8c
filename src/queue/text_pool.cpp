#include "queue/text_pool.hpp"

namespace postern::queue {

text_pool::text_pool() : entries_(1) {}

text_id text_pool::add(std::string_view text) {
  if (text.empty()) return {};
  if (auto const known = ids_.find(text); known != ids_.end()) {
    ++entries_[known->second].uses;
    return {known->second};
  }
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  entries_[index] = {std::string(text), 1};
  ids_.emplace(text, index);
  return {index};
}

void text_pool::drop(text_id id) {
  if (id.value == 0 || --entries_[id.value].uses > 0) return;
  ids_.erase(entries_[id.value].text);
  entries_[id.value].text = {};
  free_.push_back(id.value);
}

}  // namespace postern::queue
