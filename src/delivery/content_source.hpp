#pragma once
// Purpose: a message's content, read from a spool segment that was handed over as a descriptor.
// Layout: wire form, CRLF line ends, not dot-stuffed; the extents say where in the segment it stands.
// Errors: a segment that ends too early is a failure: it must never look like a shorter message.
// Concurrency: none. Reads are of what was just written or is about to be sent once: they come from the page cache or
//              cost one disk read ahead of the network.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ipc/delivery_protocol.hpp"
#include "os/unique_fd.hpp"

namespace postern::delivery {

class content_source {
 public:
  content_source(os::unique_fd segment, std::vector<ipc::content_extent> extents);

  /// Octets into `into`, 0 at the end of the content.
  result<std::size_t> read(std::span<char> into);
  /// From the beginning again.
  void rewind() noexcept;
  std::uint64_t size() const noexcept;

 private:
  os::unique_fd segment_;
  std::vector<ipc::content_extent> extents_;
  std::size_t current_ = 0;
  std::uint64_t done_ = 0;  ///< octets read of the current extent
};

}  // namespace postern::delivery
