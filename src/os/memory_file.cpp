#include "os/memory_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <sys/mman.h>

namespace postern::os {

result<unique_fd> make_memory_file(char const* name, std::string_view content) {
  unique_fd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return fail_errno("memfd_create", errno);
  while (!content.empty()) {
    auto written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("writing to memory", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return fail_errno("sealing memory", errno);
  return file;
}

}  // namespace postern::os
