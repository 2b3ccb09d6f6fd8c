#pragma once
// Purpose: the name of a message in logs, in `Received: … id` and in the queue commands.
// Layout: 52 bits of microseconds since 2020-01-01T00:00:00Z, then 12 bits of writer number; text is 16 digits of
//         upper-case hexadecimal, the shape of Postfix's queue ids.
// Units: a writer number comes with each segment, counted up from a random start, so that two processes that live at
//        the same time hardly ever share one; if they did and met in one microsecond, the manager gives the later
//        message another id.
// Concurrency: one generator belongs to one thread.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "base/time.hpp"

namespace postern::queue {

using queue_id = strong<struct queue_id_tag, std::uint64_t>;
using writer_number = strong<struct writer_number_tag, std::uint16_t>;  ///< 0 … writer_number_max
inline constexpr std::uint16_t writer_number_max = 4095;

std::string format_queue_id(queue_id id);
/// Exactly 16 hexadecimal digits, either case; empty on anything else.
std::optional<queue_id> parse_queue_id(std::string_view text);

class queue_id_generator {
 public:
  explicit queue_id_generator(writer_number writer) noexcept : writer_(writer) {}
  /// Never gives the same id twice, also when the clock stands still or steps back.
  queue_id next(wall_time now) noexcept;

 private:
  writer_number writer_;
  std::uint64_t last_microseconds_ = 0;
};

}  // namespace postern::queue
