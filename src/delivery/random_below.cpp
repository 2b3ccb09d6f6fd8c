#include "delivery/random_below.hpp"

#include <array>
#include <random>

#include "os/random.hpp"

namespace postern::delivery {
namespace {

std::mt19937_64& generator() {
  thread_local std::mt19937_64 engine = [] {
    std::array<unsigned char, sizeof(std::uint64_t)> octets{};
    os::fill_random(octets);
    std::uint64_t seed = 0;
    for (auto octet : octets) seed = seed << 8 | octet;
    return std::mt19937_64(seed);
  }();
  return engine;
}

}  // namespace

std::size_t random_below(std::size_t limit) {
  return limit < 2 ? 0 : std::uniform_int_distribution<std::size_t>(0, limit - 1)(generator());
}

double random_fraction() { return std::uniform_real_distribution<double>(0, 1)(generator()); }

}  // namespace postern::delivery
