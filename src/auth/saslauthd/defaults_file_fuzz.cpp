#include <cstdint>
#include <cstdlib>

#include "auth/saslauthd/defaults_file.hpp"

using namespace postern::auth;

// Nothing crashes, and what is started has a mechanism and a directory.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const found = saslauthd::parse_defaults_file({reinterpret_cast<char const*>(data), size});
  if (!found) return 0;
  auto const told = saslauthd::decide_instance(*found, "file");
  if (told && told->start && (told->arguments.size() < 3 || told->directory.empty())) std::abort();
  return 0;
}
