#pragma once
// Purpose: gives memory back that the allocator holds in holes between what is in use: a TLS handshake or a password
//          hash needs much for a moment, and an idle process should not keep it.
// Concurrency: one thread calls it; the others may allocate meanwhile.

#include <cstddef>

namespace postern::os {

/// Once, before the first large allocation: blocks of a megabyte and more go straight back to the system when they are
/// freed, in every thread. The allocator would learn to keep them otherwise, 20 MB a password hash.
void give_large_blocks_back();

class memory_trimmer {
 public:
  /// Trims when the holes have grown by a megabyte since the last time. Cheap otherwise; a trim walks the heap:
  /// milliseconds for hundreds of megabytes.
  void trim_if_worthwhile();

 private:
  std::size_t holes_after_trim_ = 0;  ///< octets
};

}  // namespace postern::os
