#pragma once
// Purpose: what was read from a client and not used yet. Idle connections hold no memory: the block comes from a pool
//          that the process shares and goes back as soon as nothing is left in it.
// Limits: block_octets; a line that does not fit was too long before.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "smtp/server_session.hpp"

namespace postern::receive {

class buffer_pool {
 public:
  static constexpr std::size_t block_octets = 64 * 1024;
  static constexpr std::size_t kept_max = 64;  ///< blocks; what is more goes back to the system
  using block = std::unique_ptr<char[]>;

  block take();
  void give(block used);

 private:
  std::vector<block> free_;
};

struct input_line {
  std::string_view text;  ///< without its line end
  smtp::line_end end = smtp::line_end::crlf;
};

class input_buffer {
 public:
  explicit input_buffer(buffer_pool& pool) : pool_(pool) {}
  ~input_buffer() { release(); }
  input_buffer(input_buffer const&) = delete;
  input_buffer& operator=(input_buffer const&) = delete;

  std::string_view view() const noexcept { return {block_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t octets) noexcept { begin_ += octets; }
  /// The next whole line, consumed; valid until space() or clear().
  std::optional<input_line> take_line();
  /// Room for more; what is held moves to the front when it must. Empty when the block is full of one unfinished line.
  std::span<char> space();
  void commit(std::size_t octets) noexcept { end_ += octets; }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Gives the block back when nothing is in it.
  void release_if_empty();

 private:
  void release();
  buffer_pool& pool_;
  buffer_pool::block block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace postern::receive
