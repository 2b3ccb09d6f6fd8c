#include "os/memory.hpp"

#include <malloc.h>

#include <algorithm>

namespace postern::os {

namespace {
constexpr std::size_t large_octets = 1U << 20U;
}

void give_large_blocks_back() {
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(large_octets));
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(large_octets));
}

void memory_trimmer::trim_if_worthwhile() {
  auto holes = ::mallinfo2().fordblks;
  holes_after_trim_ = std::min(holes_after_trim_, holes);
  if (holes < holes_after_trim_ + large_octets) return;
  ::malloc_trim(0);
  // Trimmed pages stay holes in the allocator's books.
  holes_after_trim_ = ::mallinfo2().fordblks;
}

}  // namespace postern::os
