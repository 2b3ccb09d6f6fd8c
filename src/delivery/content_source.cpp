#include "delivery/content_source.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace postern::delivery {

content_source::content_source(os::unique_fd segment, std::vector<ipc::content_extent> extents)
    : segment_(std::move(segment)), extents_(std::move(extents)) {}

void content_source::rewind() noexcept {
  current_ = 0;
  done_ = 0;
}

std::uint64_t content_source::size() const noexcept {
  std::uint64_t sum = 0;
  for (auto const& extent : extents_) sum += extent.length;
  return sum;
}

result<std::size_t> content_source::read(std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size() && current_ < extents_.size()) {
    auto const& extent = extents_[current_];
    auto want = std::min<std::uint64_t>(into.size() - filled, extent.length - done_);
    if (want == 0) {
      ++current_;
      done_ = 0;
      continue;
    }
    auto got = ::pread(segment_.get(), into.data() + filled, want, static_cast<off_t>(extent.offset + done_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading a message from the spool", errno);
    if (got == 0) return fail("a spool segment ends before the message does");
    filled += static_cast<std::size_t>(got);
    done_ += static_cast<std::uint64_t>(got);
  }
  return filled;
}

}  // namespace postern::delivery
