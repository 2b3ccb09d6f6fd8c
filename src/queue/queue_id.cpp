#include "queue/queue_id.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace postern::queue {
namespace {

constexpr std::int64_t epoch_seconds = 1577836800;  // 2020-01-01T00:00:00Z
constexpr unsigned writer_bits = 12;
constexpr std::size_t text_length = 16;

}  // namespace

std::string format_queue_id(queue_id id) { return fmt::format("{:016X}", id.value); }

std::optional<queue_id> parse_queue_id(std::string_view text) {
  if (text.size() != text_length) return {};
  queue_id id;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return id;
}

queue_id queue_id_generator::next(wall_time now) noexcept {
  auto const since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  std::int64_t const microseconds = std::max<std::int64_t>(since_epoch - epoch_seconds * 1'000'000, 1);
  last_microseconds_ = std::max(static_cast<std::uint64_t>(microseconds), last_microseconds_ + 1);
  return queue_id{(last_microseconds_ << writer_bits) | writer_.value};
}

}  // namespace postern::queue
