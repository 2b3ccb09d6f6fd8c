#include "os/random.hpp"

#include <cerrno>
#include <cstdlib>

#include <sys/random.h>

namespace postern::os {

void fill_random(std::span<unsigned char> out) {
  while (!out.empty()) {
    auto got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_octets(std::size_t count) {
  std::string out(count, '\0');
  fill_random({reinterpret_cast<unsigned char*>(out.data()), out.size()});
  return out;
}

}  // namespace postern::os
