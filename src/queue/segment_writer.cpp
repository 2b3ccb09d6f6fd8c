#include "queue/segment_writer.hpp"

#include <cassert>

namespace postern::queue {

segment_writer::segment_writer(std::unique_ptr<os::append_file> file, segment_id id, std::uint64_t size)
    : file_(std::move(file)), id_(id), next_offset_(size) {
  assert(size % record_alignment == 0);
}

location segment_writer::place(std::string& record) {
  location const at{id_, next_offset_};
  place_record(record, at);
  next_offset_ += record.size();
  return at;
}

result<> segment_writer::write(std::span<std::string const> records) {
  if (error_) return std::unexpected(*error_);
  pieces_.assign(records.begin(), records.end());
  return remember(file_->append(pieces_));
}

result<> segment_writer::sync() {
  if (error_) return std::unexpected(*error_);
  return remember(file_->sync_data());
}

result<location> segment_writer::append(std::string record) {
  location const at = place(record);
  auto const written = write(std::span(&record, 1));
  if (!written) return std::unexpected(written.error());
  return at;
}

result<location> segment_writer::append_synced(std::string record) {
  auto const at = append(std::move(record));
  if (!at) return at;
  auto const synced = sync();
  if (!synced) return std::unexpected(synced.error());
  return at;
}

// The kernel drops dirty pages after a failed write-back and reports success next time, so no later sync may be
// believed.
result<> segment_writer::remember(result<> outcome) {
  if (!outcome) error_ = outcome.error();
  return outcome;
}

}  // namespace postern::queue
