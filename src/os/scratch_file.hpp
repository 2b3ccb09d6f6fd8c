#pragma once
// Purpose: room on disk for what is too large for memory and need not outlive the process: one nameless file, dealt out
//          in blocks.
// Errors: a full disk or a full file is a failure of write(), with a sentence.
// Durability: none; the space is the kernel's again when the process ends.
// Concurrency: one thread. Writes go to the page cache and may wait for a busy disk.
// Limits: blocks_max blocks; the file keeps the size of the busiest moment.
// Security: the file has no name, so nobody else can open it. After the sandbox is closed it needs
//           syscall_set::scratch; no hole is punched into it, because who may do that could do it to the spool too.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

class scratch_file {
 public:
  static constexpr std::size_t block_octets = 256U << 10U;

  /// `directory` only says on which file system.
  static result<std::unique_ptr<scratch_file>> make(std::string const& directory, std::size_t blocks_max);

  /// One block; give it back by release().
  result<std::uint32_t> write(std::string_view at_most_a_block);
  result<> read(std::uint32_t block, std::size_t offset, std::span<char> into) const;
  void release(std::uint32_t block);
  std::size_t blocks_in_use() const noexcept { return next_ - free_.size(); }

 private:
  scratch_file(unique_fd file, std::size_t blocks_max) : file_(std::move(file)), blocks_max_(blocks_max) {}
  unique_fd file_;
  std::size_t blocks_max_;
  std::uint32_t next_ = 0;  ///< blocks that were ever in use
  std::vector<std::uint32_t> free_;
};

}  // namespace postern::os
