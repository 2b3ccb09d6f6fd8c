#include "queue/segment_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace postern::queue {
namespace {

constexpr std::size_t window_octets = 256U << 10;
constexpr int read_attempts = 3;

// Recovery has one chance a start, and a disk often answers the second time.
result<std::size_t> read_patiently(os::read_file& file, std::uint64_t offset, std::span<char> into) {
  result<std::size_t> count = file.read_at(offset, into);
  for (int attempt = 1; !count && attempt < read_attempts; ++attempt) count = file.read_at(offset, into);
  return count;
}

}  // namespace

segment_scanner::segment_scanner(os::read_file& file, segment_id id, std::uint64_t offset)
    : file_(file), id_(id), offset_(offset) {}

result<scan_step> segment_scanner::next() {
  auto const size = file_.size();
  if (!size) return std::unexpected(size.error());
  file_size_ = *size;
  if (offset_ >= file_size_) return end_of_segment{};
  auto const found = look_at(offset_);
  if (!found) return std::unexpected(found.error());
  if (*found != look::record) return skip_damage();
  whole_record record{header_.type, {id_, offset_}, record_size(header_.body_length), body_};
  offset_ += record.length;
  return record;
}

// Octets of the file from `offset`; fewer than `length` only at its end. Valid until the next call.
result<std::string_view> segment_scanner::window(std::uint64_t offset, std::size_t length) {
  bool const inside = offset >= buffer_offset_ && offset + length <= buffer_offset_ + buffer_.size();
  if (!inside) {
    buffer_.resize(std::min<std::uint64_t>(std::max(length, window_octets), file_size_ - offset));
    buffer_offset_ = offset;
    auto const count = read_patiently(file_, offset, buffer_);
    if (!count) {
      buffer_.clear();
      return std::unexpected(count.error());
    }
    buffer_.resize(*count);
  }
  return std::string_view(buffer_).substr(offset - buffer_offset_, length);
}

result<segment_scanner::look> segment_scanner::look_at(std::uint64_t offset) {
  auto const head = window(offset, record_header_size);
  if (!head) return std::unexpected(head.error());
  if (head->size() < record_header_size) {
    why_ = "cut in a record's header";
    return look::none;
  }
  auto const header = parse_record_header(*head, {id_, offset});
  if (!header) {
    why_ = "no valid record header";
    return look::none;
  }
  // The padding must be there too: a record counts when the writer wrote all of it.
  std::uint64_t const length = record_size(header->body_length);
  if (offset + length > file_size_) {
    why_ = "cut in a record's body";
    return look::none;
  }
  auto const whole = window(offset, length);
  if (!whole) return std::unexpected(whole.error());
  std::string_view const body =
      whole->substr(std::min(record_header_size, whole->size())).substr(0, header->body_length);
  if (!body_is_whole(*header, body)) {
    why_ = "wrong checksum of a record's body";
    return look::none;
  }
  header_ = *header;
  body_ = body;
  return look::record;
}

result<scan_step> segment_scanner::skip_damage() {
  damage found{{id_, offset_}, 0, false, why_};
  std::uint64_t at = offset_ + record_alignment;
  for (; at < file_size_; at += record_alignment) {
    auto const what = look_at(at);
    if (!what) return std::unexpected(what.error());
    if (*what == look::record) break;
  }
  at = std::min(at, file_size_);
  found.length = at - offset_;
  found.torn_tail = at == file_size_;
  offset_ = at;
  return found;
}

result<std::string> read_record(os::read_file& file, location place, record_type want) {
  std::string octets(record_header_size, '\0');
  auto const count = read_patiently(file, place.offset, octets);
  if (!count) return std::unexpected(count.error());
  octets.resize(*count);
  auto const header = parse_record_header(octets, place);
  if (!header || header->type != want) {
    return fail(fmt::format("segment {:016x} has no record of type {} at {}", place.segment.value,
                            std::to_underlying(want), place.offset));
  }
  std::string body(header->body_length, '\0');
  auto const body_count = read_patiently(file, place.offset + record_header_size, body);
  if (!body_count) return std::unexpected(body_count.error());
  body.resize(*body_count);
  if (!body_is_whole(*header, body)) {
    return fail(fmt::format("segment {:016x} has a damaged record at {}", place.segment.value, place.offset));
  }
  return body;
}

result<std::size_t> content_reader::read(std::span<char> into) {
  std::size_t total = 0;
  while (total < into.size() && !content_.empty()) {
    extent const& piece = content_.front();
    std::size_t const want = std::min<std::uint64_t>(piece.length - done_, into.size() - total);
    auto const count = file_.read_at(piece.offset + done_, into.subspan(total, want));
    if (!count) return count;
    if (*count < want) return fail("a spool segment ends before a message's content");
    total += want;
    done_ += want;
    if (done_ == piece.length) {
      content_ = content_.subspan(1);
      done_ = 0;
    }
  }
  return total;
}

}  // namespace postern::queue
