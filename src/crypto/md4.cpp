#include "crypto/md4.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace postern::crypto {
namespace {

using state = std::array<std::uint32_t, 4>;
using block = std::array<std::uint32_t, 16>;
constexpr std::size_t block_octets = 64;

std::uint32_t choose(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) | (~x & z); }
std::uint32_t majority(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) | (x & z) | (y & z); }
std::uint32_t parity(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; }

struct round_row {
  std::uint32_t (*mix)(std::uint32_t, std::uint32_t, std::uint32_t);
  std::uint32_t constant;
  std::array<int, 4> shifts;
  std::array<std::uint8_t, 16> order;
};
constexpr round_row rounds[] = {
    {choose, 0, {3, 7, 11, 19}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
    {majority, 0x5a827999, {3, 5, 9, 13}, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}},
    {parity, 0x6ed9eba1, {3, 9, 11, 15}, {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}}};

block read_block(std::string_view octets) {
  block words{};
  for (std::size_t i = 0; i < block_octets; ++i) {
    words[i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(octets[i])) << (8 * (i % 4));
  }
  return words;
}

void take_block(state& into, block const& words) {
  auto [a, b, c, d] = into;
  for (auto const& round : rounds) {
    for (std::size_t i = 0; i < 16; ++i) {
      auto const mixed =
          std::rotl(a + round.mix(b, c, d) + words[round.order[i]] + round.constant, round.shifts[i % 4]);
      a = d;
      d = c;
      c = b;
      b = mixed;
    }
  }
  into = {into[0] + a, into[1] + b, into[2] + c, into[3] + d};
}

std::string pad(std::string_view tail, std::uint64_t octets) {
  std::string last(tail);
  last += '\x80';
  while (last.size() % block_octets != block_octets - 8) last += '\0';
  for (int shift = 0; shift < 64; shift += 8) last += static_cast<char>((octets * 8 >> shift) & 0xffU);
  return last;
}

}  // namespace

std::string md4(std::string_view data) {
  state hash{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  auto const whole = data.size() - data.size() % block_octets;
  for (std::size_t at = 0; at < whole; at += block_octets) take_block(hash, read_block(data.substr(at, block_octets)));
  auto const last = pad(data.substr(whole), data.size());
  for (std::size_t at = 0; at < last.size(); at += block_octets) {
    take_block(hash, read_block(std::string_view(last).substr(at, block_octets)));
  }
  std::string out;
  for (auto const word : hash) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((word >> shift) & 0xffU);
  }
  return out;
}

}  // namespace postern::crypto
