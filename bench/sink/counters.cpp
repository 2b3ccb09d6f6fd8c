#include "bench/sink/counters.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/mman.h>

#include "os/unique_fd.hpp"

namespace postern::bench {

sink_counters& map_counters(std::string const& path) {
  os::unique_fd fd;
  if (!path.empty()) fd = os::unique_fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  void* memory = MAP_FAILED;
  if (path.empty()) {
    memory = ::mmap(nullptr, sizeof(sink_counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  } else if (fd && ::ftruncate(fd.get(), sizeof(sink_counters)) == 0) {
    memory = ::mmap(nullptr, sizeof(sink_counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  }
  if (memory == MAP_FAILED) {
    fmt::print(stderr, "{}: {}\n", path, std::strerror(errno));
    std::exit(1);
  }
  return *new (memory) sink_counters{};
}

}  // namespace postern::bench
