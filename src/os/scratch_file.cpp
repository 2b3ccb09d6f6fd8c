#include "os/scratch_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace postern::os {

result<std::unique_ptr<scratch_file>> scratch_file::make(std::string const& directory, std::size_t blocks_max) {
  unique_fd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) return fail_errno("a file without a name in " + directory, errno);
  return std::unique_ptr<scratch_file>(new scratch_file(std::move(file), blocks_max));
}

result<std::uint32_t> scratch_file::write(std::string_view at_most_a_block) {
  if (free_.empty() && next_ >= blocks_max_)
    return fail(fmt::format("all {} blocks of scratch are taken", blocks_max_));
  std::uint32_t const block = free_.empty() ? next_ : free_.back();
  auto const start = static_cast<off_t>(block) * static_cast<off_t>(block_octets);
  std::size_t done = 0;
  while (done < at_most_a_block.size()) {
    auto const put = ::pwrite(file_.get(), at_most_a_block.data() + done, at_most_a_block.size() - done,
                              start + static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail_errno("writing scratch", put < 0 ? errno : ENOSPC);
    done += static_cast<std::size_t>(put);
  }
  free_.empty() ? void(++next_) : free_.pop_back();
  return block;
}

result<> scratch_file::read(std::uint32_t block, std::size_t offset, std::span<char> into) const {
  auto const start = static_cast<off_t>(block) * static_cast<off_t>(block_octets) + static_cast<off_t>(offset);
  std::size_t done = 0;
  while (done < into.size()) {
    auto const got = ::pread(file_.get(), into.data() + done, into.size() - done, start + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail_errno("reading scratch", got < 0 ? errno : EIO);
    done += static_cast<std::size_t>(got);
  }
  return {};
}

void scratch_file::release(std::uint32_t block) { free_.push_back(block); }

}  // namespace postern::os
