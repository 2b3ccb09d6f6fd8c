#include "base/secret.hpp"

#include <cstring>

namespace postern {

void wipe(char* data, std::size_t size) noexcept { ::explicit_bzero(data, size); }

void wipe(std::string& text) noexcept {
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace postern
