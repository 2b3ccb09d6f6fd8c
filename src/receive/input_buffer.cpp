#include "receive/input_buffer.hpp"

#include <cstring>

namespace postern::receive {

buffer_pool::block buffer_pool::take() {
  if (free_.empty()) return std::make_unique_for_overwrite<char[]>(block_octets);
  auto out = std::move(free_.back());
  free_.pop_back();
  return out;
}

void buffer_pool::give(block used) {
  if (used && free_.size() < kept_max) free_.push_back(std::move(used));
}

std::optional<input_line> input_buffer::take_line() {
  auto rest = view();
  auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  begin_ += end + 1;
  bool crlf = end > 0 && rest[end - 1] == '\r';
  return input_line{rest.substr(0, crlf ? end - 1 : end), crlf ? smtp::line_end::crlf : smtp::line_end::bare_lf};
}

std::span<char> input_buffer::space() {
  if (!block_) block_ = pool_.take();
  if (empty()) clear();
  if (begin_ > 0 && end_ > buffer_pool::block_octets / 2) {
    std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {block_.get() + end_, buffer_pool::block_octets - end_};
}

void input_buffer::release_if_empty() {
  if (empty()) release();
}

void input_buffer::release() {
  // Passwords and mail went through it.
  if (block_) pool_.give(std::move(block_));
  clear();
}

}  // namespace postern::receive
