#pragma once
// Purpose: appends records to one log file: a spool segment or the state log.
// Errors: the first failed write or sync poisons the writer; nothing after it can succeed.
// Durability: what was placed before a successful flush(sync) is on disk after it.
// Concurrency: none; group_commit puts a thread around it.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "os/filesystem.hpp"
#include "queue/record.hpp"

namespace postern::queue {

class segment_writer {
 public:
  /// `size` is the file's present size; the writer is the file's only one.
  segment_writer(std::unique_ptr<os::append_file> file, segment_id id, std::uint64_t size = 0);

  /// Gives a closed record its place after all others. It must then be written in that order.
  location place(std::string& record);
  /// Writes placed records in order.
  result<> write(std::span<std::string const> records);
  result<> sync();
  /// place + write + sync of one record.
  result<location> append_synced(std::string record);
  result<location> append(std::string record);

  segment_id id() const noexcept { return id_; }
  std::uint64_t size() const noexcept { return next_offset_; }  ///< of all placed records
  bool poisoned() const noexcept { return error_.has_value(); }
  os::append_file& file() noexcept { return *file_; }

 private:
  result<> remember(result<> outcome);

  std::unique_ptr<os::append_file> file_;
  segment_id id_;
  std::uint64_t next_offset_;
  std::vector<std::string_view> pieces_;
  std::optional<failure> error_;
};

}  // namespace postern::queue
