#pragma once
// Purpose: integers and texts as the spool and the state log write them: little-endian; a text is its length u32, then
//          its octets. The cursor never reads beyond its end: after the first miss it stays failed and gives zeros.
// Concurrency: none.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace postern::queue {

static_assert(std::endian::native == std::endian::little,
              "the on-disk integers are little-endian and copied as they are");

template <class Integer>
  requires std::is_integral_v<Integer>
void append_integer(std::string& out, Integer value) {
  char octets[sizeof value];
  std::memcpy(octets, &value, sizeof value);
  out.append(octets, sizeof value);
}

template <class Integer>
  requires std::is_integral_v<Integer>
void put_integer(std::string& out, std::size_t at, Integer value) {
  std::memcpy(out.data() + at, &value, sizeof value);
}

inline void append_text(std::string& out, std::string_view text) {
  append_integer(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

class cursor {
 public:
  explicit cursor(std::string_view octets) noexcept : left_(octets) {}

  template <class Integer>
    requires std::is_integral_v<Integer>
  Integer take() noexcept {
    Integer value{};
    if (left_.size() < sizeof value) return fail(), value;
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return value;
  }
  std::string_view take_octets(std::uint64_t length) noexcept {
    if (left_.size() < length) return fail(), std::string_view{};
    std::string_view const octets = left_.substr(0, length);
    left_.remove_prefix(length);
    return octets;
  }
  std::string_view take_text() noexcept { return take_octets(take<std::uint32_t>()); }
  /// A count of items of at least `item_size` octets each that can still follow; anything larger fails.
  std::uint32_t take_count(std::size_t item_size) noexcept {
    auto const count = take<std::uint32_t>();
    if (count > left_.size() / item_size) return fail(), 0;
    return count;
  }
  bool failed() const noexcept { return failed_; }
  bool empty() const noexcept { return left_.empty(); }

 private:
  void fail() noexcept {
    failed_ = true;
    left_ = {};
  }
  std::string_view left_;
  bool failed_ = false;
};

}  // namespace postern::queue
