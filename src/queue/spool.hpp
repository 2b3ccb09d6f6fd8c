#pragma once
// Purpose: the spool directory: names, segments, quarantine.
// Layout: docs/formats/spool.md: ROOT/segments/<segment id>, ROOT/state/…, ROOT/quarantine/<segment
//         id>-<offset>-<length>.
// Durability: a segment's name is on disk before its descriptor leaves create_segment; remove_segment returns after the
//             name is gone from disk. Damaged octets are copied, never deleted.
// Concurrency: one object a process (the queue manager); none inside.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/filesystem.hpp"
#include "queue/location.hpp"
#include "queue/queue_id.hpp"
#include "queue/segment_reader.hpp"

namespace postern::queue {

/// A writer asks for a new segment when its own has become this large.
inline constexpr std::uint64_t segment_size_preferred = 64U << 20;

std::string format_segment_id(segment_id id);
std::optional<segment_id> parse_segment_id(std::string_view text);

/// A fresh segment. `file` holds the shared lock: pass its descriptor to the writer, then let it go.
struct new_segment {
  segment_id id;
  writer_number writer;
  std::unique_ptr<os::append_file> file;
};

class spool {
 public:
  spool(os::filesystem& disk, std::string root);

  /// Makes the directories.
  result<> prepare();
  result<new_segment> create_segment();
  result<std::unique_ptr<os::read_file>> open_segment(segment_id id) const;
  result<std::vector<segment_id>> list_segments() const;
  result<bool> has_living_writer(segment_id id) const;
  result<> remove_segment(segment_id id);
  /// Copies the damaged octets into quarantine/; a second time is a success without work. The path of the copy.
  result<std::string> quarantine(os::read_file& file, damage const& found);

  os::filesystem& disk() const noexcept { return disk_; }
  std::string const& root() const noexcept { return root_; }
  std::string segment_path(segment_id id) const;
  std::string state_directory() const { return root_ + "/state"; }

 private:
  os::filesystem& disk_;
  std::string root_;
  std::uint16_t next_writer_ = 0;
};

}  // namespace postern::queue
