#include "receive/held_content.hpp"

#include <algorithm>
#include <utility>

namespace postern::receive {

using os::scratch_file;

held_content::held_content(held_content&& from) noexcept
    : scratch_(from.scratch_),
      memory_octets_(from.memory_octets_),
      blocks_(std::exchange(from.blocks_, {})),
      tail_(std::exchange(from.tail_, {})),
      last_(std::exchange(from.last_, '\n')) {}

held_content& held_content::operator=(held_content&& from) noexcept {
  std::swap(scratch_, from.scratch_);
  std::swap(memory_octets_, from.memory_octets_);
  std::swap(blocks_, from.blocks_);
  std::swap(tail_, from.tail_);
  std::swap(last_, from.last_);
  return *this;
}

void held_content::clear() noexcept {
  for (auto const block : blocks_) scratch_->release(block);
  blocks_.clear();
  tail_.clear();
  last_ = '\n';
}

std::uint64_t held_content::size() const noexcept {
  return std::uint64_t{blocks_.size()} * scratch_file::block_octets + tail_.size();
}

result<> held_content::append(std::string_view octets) {
  if (octets.empty()) return {};
  tail_ += octets;
  last_ = octets.back();
  if (scratch_ == nullptr || (blocks_.empty() && tail_.size() <= memory_octets_)) return {};
  std::size_t written = 0;
  while (tail_.size() - written >= scratch_file::block_octets) {
    auto block = scratch_->write(std::string_view(tail_).substr(written, scratch_file::block_octets));
    if (!block) return std::unexpected(block.error());
    blocks_.push_back(*block);
    written += scratch_file::block_octets;
  }
  tail_.erase(0, written);
  return {};
}

result<std::string_view> held_content::read(std::uint64_t offset, std::size_t octets_max) {
  std::uint64_t const on_disk = std::uint64_t{blocks_.size()} * scratch_file::block_octets;
  window_.clear();
  while (offset < on_disk && window_.size() < octets_max) {
    auto const inside = static_cast<std::size_t>(offset % scratch_file::block_octets);
    auto const count = std::min(octets_max - window_.size(), scratch_file::block_octets - inside);
    auto const at = window_.size();
    window_.resize(at + count);
    auto const block = blocks_[static_cast<std::size_t>(offset / scratch_file::block_octets)];
    if (auto done = scratch_->read(block, inside, std::span(window_).subspan(at)); !done) {
      return std::unexpected(done.error());
    }
    offset += count;
  }
  if (offset >= on_disk && offset - on_disk < tail_.size()) {
    auto const rest = std::string_view(tail_).substr(static_cast<std::size_t>(offset - on_disk));
    auto const more = rest.substr(0, octets_max - window_.size());
    if (window_.empty()) return more;
    window_ += more;
  }
  return window_;
}

}  // namespace postern::receive
