#include <cstdlib>

#include "auth/sasldb/berkeley_hash.hpp"

// Any file is either refused or read, within its own octets; keys that are understood are written as they were read.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  using namespace postern::auth::sasldb;
  std::string_view const image(reinterpret_cast<char const*>(data), size);
  auto const all = parse_berkeley_hash(image);
  if (!all) return 0;
  for (auto const& one : *all) {
    auto const key = parse_key(one.key);
    if (key && format_key(*key) != one.key) std::abort();
  }
  return 0;
}
