#pragma once
// Purpose: CRC-32C (Castagnoli), in hardware where the processor has it.
// Source: [RFC 3720 §B.4] test vectors.

#include <cstdint>
#include <string_view>

namespace postern::queue {

/// Checksum of the concatenation: crc32c(b, crc32c(a)) is crc32c(ab).
std::uint32_t crc32c(std::string_view octets, std::uint32_t crc = 0) noexcept;
/// The same without the processor's help; for the test that compares the two.
std::uint32_t crc32c_by_table(std::string_view octets, std::uint32_t crc = 0) noexcept;

}  // namespace postern::queue
