#include "queue/crc32c.hpp"

#include <array>
#include <cstring>

namespace postern::queue {
namespace {

constexpr std::uint32_t reflected_polynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? reflected_polynomial : 0);
    table[i] = value;
  }
  return table;
}

constexpr auto table = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_hardware(std::string_view octets,
                                                                   std::uint32_t crc) noexcept {
  std::uint64_t state = ~crc;
  char const* at = octets.data();
  std::size_t left = octets.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  auto narrow = static_cast<std::uint32_t>(state);
  for (; left > 0; --left, ++at) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::string_view octets, std::uint32_t crc) noexcept {
  std::uint32_t state = ~crc;
  for (char c : octets) state = (state >> 8) ^ table[(state ^ static_cast<unsigned char>(c)) & 0xff];
  return ~state;
}

std::uint32_t crc32c(std::string_view octets, std::uint32_t crc) noexcept {
#if defined(__x86_64__)
  static bool const has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return crc32c_by_hardware(octets, crc);
#endif
  return crc32c_by_table(octets, crc);
}

}  // namespace postern::queue
