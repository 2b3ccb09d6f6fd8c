#pragma once
// Purpose: reads a log of records back, salvaging what is whole: after damage it goes on at the next valid record.
// Errors: damage is an answer, not a failure; only a read that fails is one.
// Limits: body_length_max a record; a body is read only after its header's checksum was right.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "os/filesystem.hpp"
#include "queue/record.hpp"

namespace postern::queue {

/// A whole record; `body` is valid until the next call.
struct whole_record {
  record_type type{};
  location place;
  std::uint64_t length = 0;  ///< with header and padding
  std::string_view body;
};

/// Octets that are no record. `torn_tail`: they reach to the end of the file, as a cut write leaves them (and as a
/// record looks that a living writer is just writing).
struct damage {
  location place;
  std::uint64_t length = 0;
  bool torn_tail = false;
  std::string why;
};

struct end_of_segment {};

using scan_step = std::variant<whole_record, damage, end_of_segment>;

class segment_scanner {
 public:
  segment_scanner(os::read_file& file, segment_id id, std::uint64_t offset = 0);
  result<scan_step> next();
  /// Where the next call starts.
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  enum class look { record, none, beyond_end };
  result<look> look_at(std::uint64_t offset);
  result<std::string_view> window(std::uint64_t offset, std::size_t length);
  result<scan_step> skip_damage();

  os::read_file& file_;
  segment_id id_;
  std::uint64_t offset_;
  std::uint64_t file_size_ = 0;
  std::string buffer_;
  std::uint64_t buffer_offset_ = 0;
  record_header header_;
  std::string_view body_;
  std::string why_;
};

/// The body of one record whose place is known; fails when it is not whole.
result<std::string> read_record(os::read_file& file, location place, record_type want);

/// Reads content by its extents.
class content_reader {
 public:
  content_reader(os::read_file& file, std::span<extent const> content) : file_(file), content_(content) {}
  /// Octets read; 0 at the end.
  result<std::size_t> read(std::span<char> into);

 private:
  os::read_file& file_;
  std::span<extent const> content_;
  std::uint64_t done_ = 0;  ///< octets of content_.front() that were read
};

}  // namespace postern::queue
