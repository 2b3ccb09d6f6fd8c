#include "crypto/md5.hpp"

#include <bit>

#include "base/hex.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t block_octets = 64;
constexpr md5_state initial_state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

/// 2^32 times the absolute sine of 1, 2, … 64. [RFC 1321 §3.4]
constexpr std::array<std::uint32_t, 64> sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int rotations[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

std::uint32_t read_word(std::string_view octets, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 4; i-- > 0;) word = word << 8U | static_cast<unsigned char>(octets[at + i]);
  return word;
}

std::string octets_of(md5_state const& state) {
  std::string out;
  for (std::uint32_t const word : state) {
    for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(word >> shift & 0xffU);
  }
  return out;
}

md5_state state_of(std::string_view octets) {
  return {read_word(octets, 0), read_word(octets, 4), read_word(octets, 8), read_word(octets, 12)};
}

std::uint32_t mix(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  switch (round) {
    case 0:
      return (b & c) | (~b & d);
    case 1:
      return (b & d) | (c & ~d);
    case 2:
      return b ^ c ^ d;
    default:
      return c ^ (b | ~d);
  }
}

void take_block(md5_state& state, std::string_view block) {
  // Where step i of each round finds its word: (factor · i + first) mod 16.
  constexpr std::size_t factor[] = {1, 5, 3, 7};
  constexpr std::size_t first[] = {0, 1, 5, 0};
  std::array<std::uint32_t, 16> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = read_word(block, i * 4);
  auto [a, b, c, d] = state;
  for (std::size_t step = 0; step < sines.size(); ++step) {
    std::size_t const round = step / 16;
    auto const sum = a + mix(round, b, c, d) + words[(factor[round] * step + first[round]) % 16] + sines[step];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, rotations[round][step % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

/// Goes on from `state`, into which `before` octets went (whole blocks), to the digest.
std::string finish(md5_state state, std::size_t before, std::string_view data) {
  std::uint64_t const bits = (before + data.size()) * 8;
  for (; data.size() >= block_octets; data.remove_prefix(block_octets)) take_block(state, data);
  std::string rest(data);
  rest += '\x80';
  rest.resize(rest.size() <= block_octets - 8 ? block_octets - 8 : 2 * block_octets - 8);
  for (unsigned shift = 0; shift < 64; shift += 8) rest += static_cast<char>(bits >> shift & 0xffU);
  for (std::size_t at = 0; at < rest.size(); at += block_octets) take_block(state, std::string_view(rest).substr(at));
  wipe(rest);
  return octets_of(state);
}

/// The state after the key, padded to a block and masked. [RFC 2104 §2]
md5_state take_key(std::string_view key, unsigned char mask) {
  std::string block(key);
  block.resize(block_octets);
  for (char& c : block) c = static_cast<char>(static_cast<unsigned char>(c) ^ mask);
  auto state = initial_state;
  take_block(state, block);
  wipe(block);
  return state;
}

}  // namespace

std::string md5(std::string_view data) { return finish(initial_state, 0, data); }

hmac_md5_key make_hmac_md5_key(std::string_view key) {
  if (key.size() > block_octets) {
    secret const shorter(md5(key));
    return make_hmac_md5_key(shorter.reveal());
  }
  return {take_key(key, 0x5c), take_key(key, 0x36)};
}

std::string hmac_md5(hmac_md5_key const& key, std::string_view data) {
  return finish(key.outer, block_octets, finish(key.inner, block_octets, data));
}

secret format_hmac_md5_key(hmac_md5_key const& key) {
  secret const octets(octets_of(key.outer) + octets_of(key.inner));
  return secret(encode_hex(octets.reveal()));
}

std::optional<hmac_md5_key> parse_hmac_md5_key(std::string_view text) {
  auto octets = decode_hex(text);
  if (!octets || octets->size() != 32) return std::nullopt;
  secret const states(std::move(*octets));
  return hmac_md5_key{state_of(states.reveal().substr(0, 16)), state_of(states.reveal().substr(16))};
}

}  // namespace postern::crypto
