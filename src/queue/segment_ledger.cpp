#include "queue/segment_ledger.hpp"

#include <algorithm>

#include "queue/record.hpp"

namespace postern::queue {
namespace {

std::uint32_t key_of(std::uint64_t offset) { return static_cast<std::uint32_t>(offset / record_alignment); }

}  // namespace

void segment_ledger::open(segment_id id) { segments_[id].open = true; }

void segment_ledger::close(segment_id id, std::uint64_t size) {
  segment& what = segments_[id];
  what.open = false;
  what.size = size;
  look_at(id, what);
}

void segment_ledger::add_live(location at, std::uint64_t octets) {
  segment& what = segments_[at.segment];
  ++what.live;
  what.live_octets += octets;
}

void segment_ledger::add_done(location at, std::uint64_t octets, bool was_live) {
  segment& what = segments_[at.segment];
  what.done.insert(key_of(at.offset));
  if (was_live) {
    --what.live;
    what.live_octets -= octets;
  }
  look_at(at.segment, what);
}

bool segment_ledger::is_done(location at) const {
  auto const found = segments_.find(at.segment);
  return found != segments_.end() && found->second.done.contains(key_of(at.offset));
}

void segment_ledger::mention(segment_id id, std::uint64_t state_number) {
  if (auto const found = segments_.find(id); found != segments_.end()) found->second.state_number = state_number;
}

void segment_ledger::begin_relocation(segment_id id) { segments_[id].relocating = true; }

void segment_ledger::end_relocation(segment_id id) {
  auto const found = segments_.find(id);
  if (found == segments_.end()) return;
  found->second.relocating = false;
  look_at(id, found->second);
}

void segment_ledger::look_at(segment_id id, segment const& what) {
  if (!what.open && !what.relocating && what.live == 0 && !what.offered) idle_.push_back(id);
}

std::vector<segment_id> segment_ledger::take_removable(std::uint64_t saved_number) {
  std::vector<segment_id> removable;
  std::vector<segment_id> waiting;
  for (segment_id id : idle_) {
    auto const found = segments_.find(id);
    if (found == segments_.end()) continue;
    segment& what = found->second;
    if (what.open || what.relocating || what.live > 0 || what.offered) continue;
    if (what.state_number > saved_number) {
      waiting.push_back(id);
      continue;
    }
    what.offered = true;
    removable.push_back(id);
  }
  idle_ = std::move(waiting);
  return removable;
}

std::vector<segment_id> segment_ledger::find_sparse(std::uint64_t below_percent) const {
  std::vector<segment_id> sparse;
  for (auto const& [id, what] : segments_) {
    if (what.open || what.relocating || what.live == 0) continue;
    if (what.live_octets * 100 < what.size * below_percent) sparse.push_back(id);
  }
  return sparse;
}

std::unordered_set<std::uint64_t> segment_ledger::done_offsets(segment_id id) const {
  std::unordered_set<std::uint64_t> offsets;
  if (auto const found = segments_.find(id); found != segments_.end()) {
    for (std::uint32_t key : found->second.done) offsets.insert(std::uint64_t{key} * record_alignment);
  }
  return offsets;
}

void segment_ledger::each_done(std::function<void(segment_id, std::vector<std::uint64_t> const&)> const& each) const {
  std::vector<std::uint64_t> offsets;
  for (auto const& [id, what] : segments_) {
    if (what.done.empty()) continue;
    offsets.clear();
    for (std::uint32_t key : what.done) offsets.push_back(std::uint64_t{key} * record_alignment);
    each(id, offsets);
  }
}

}  // namespace postern::queue
