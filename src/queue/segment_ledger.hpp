#pragma once
// Purpose: counts what lives in each segment and says when one may be removed or is worth relocating.
// Concurrency: none.

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "queue/location.hpp"

namespace postern::queue {

class segment_ledger {
 public:
  void open(segment_id id);
  void close(segment_id id, std::uint64_t size);
  void add_live(location at, std::uint64_t octets);
  /// The record is done; counted live before unless `was_live` is false.
  void add_done(location at, std::uint64_t octets, bool was_live);
  bool is_done(location at) const;
  /// The segment may not go before the state entry of this number is saved.
  void mention(segment_id id, std::uint64_t state_number);
  void begin_relocation(segment_id id);
  void end_relocation(segment_id id);
  void forget(segment_id id) { segments_.erase(id); }
  std::size_t size() const noexcept { return segments_.size(); }

  /// Segments that became removable with state saved up to the number; each is offered once.
  std::vector<segment_id> take_removable(std::uint64_t saved_number);
  /// Closed segments with something live, but less than the percentage of their octets; none that is being relocated.
  std::vector<segment_id> find_sparse(std::uint64_t below_percent) const;
  std::unordered_set<std::uint64_t> done_offsets(segment_id id) const;
  void each_done(std::function<void(segment_id, std::vector<std::uint64_t> const&)> const& each) const;

 private:
  struct segment {
    bool open = false;
    bool relocating = false;
    bool offered = false;
    std::uint64_t size = 0;
    std::uint64_t live = 0;
    std::uint64_t live_octets = 0;
    std::uint64_t state_number = 0;
    std::unordered_set<std::uint32_t> done;  ///< offsets / record_alignment: half the memory
  };
  void look_at(segment_id id, segment const& what);

  std::unordered_map<segment_id, segment> segments_;
  std::vector<segment_id> idle_;  ///< candidates for take_removable
};

}  // namespace postern::queue
