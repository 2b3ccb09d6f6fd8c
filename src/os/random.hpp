#pragma once
// Purpose: randomness from the kernel. Aborts when getrandom(2) fails: nothing may go on with a guessable nonce.

#include <span>
#include <string>

namespace postern::os {

void fill_random(std::span<unsigned char> out);
/// `count` random octets.
std::string random_octets(std::size_t count);

}  // namespace postern::os
