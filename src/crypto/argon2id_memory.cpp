#include "crypto/argon2id_memory.hpp"

#include <argon2.h>

#include <sys/mman.h>

namespace postern::crypto {
namespace {

constexpr std::size_t huge_page_octets = 2UL * 1024 * 1024;

std::uint8_t* map(std::size_t octets) {
  void* const memory = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Argon2id reads all over it: with large pages it does not wait for page tables. A kernel without them says no.
  ::madvise(memory, octets, MADV_HUGEPAGE);
  return static_cast<std::uint8_t*>(memory);
}

/// What one thread keeps.
class kept_memory {
 public:
  kept_memory() = default;
  kept_memory(kept_memory const&) = delete;
  kept_memory& operator=(kept_memory const&) = delete;
  ~kept_memory() { release(); }

  std::uint8_t* take(std::size_t octets) {
    if (octets > octets_) {
      release();
      auto const rounded = (octets + huge_page_octets - 1) / huge_page_octets * huge_page_octets;
      start_ = map(rounded);
      octets_ = start_ != nullptr ? rounded : 0;
    }
    return start_;
  }
  void give_back() { ::madvise(start_, octets_, MADV_FREE); }
  void release() {
    if (start_ != nullptr) ::munmap(start_, octets_);
    start_ = nullptr;
    octets_ = 0;
  }
  bool is_mine(std::uint8_t const* memory) const { return memory == start_; }

 private:
  std::uint8_t* start_ = nullptr;
  std::size_t octets_ = 0;
};

kept_memory& kept_by_this_thread() {
  thread_local kept_memory kept;
  return kept;
}

}  // namespace

int allocate_argon2_memory(std::uint8_t** memory, std::size_t octets) {
  *memory = octets > kept_octets_max ? map(octets) : kept_by_this_thread().take(octets);
  return *memory != nullptr ? ARGON2_OK : ARGON2_MEMORY_ALLOCATION_ERROR;
}

void free_argon2_memory(std::uint8_t* memory, std::size_t octets) {
  auto& kept = kept_by_this_thread();
  if (kept.is_mine(memory)) return kept.give_back();
  ::munmap(memory, octets);
}

void release_argon2_memory() { kept_by_this_thread().release(); }

}  // namespace postern::crypto
