#pragma once
// Purpose: the memory that argon2id hashes in, kept from one hash to the next: fresh pages cost a quarter of a hash.
// Concurrency: each thread keeps its own.
// Limits: a thread keeps `kept_octets_max` at most; a hash that wants more gets it for itself alone. What lies unused
//         is the kernel's to take when memory runs short.
// Security: libargon2 wipes the memory before it gives it back.

#include <cstddef>
#include <cstdint>

namespace postern::crypto {

inline constexpr std::size_t kept_octets_max = 64UL * 1024 * 1024;

// In the shape that argon2_context wants: 0 or an error; free takes what allocate gave, on the same thread.
int allocate_argon2_memory(std::uint8_t** memory, std::size_t octets);
void free_argon2_memory(std::uint8_t* memory, std::size_t octets);

/// Gives the kernel back what this thread keeps, for one that has nothing to hash for a while.
void release_argon2_memory();

}  // namespace postern::crypto
