// Any octets as a state entry: what is read is written back as it was, and applying it twice is applying it once.
#include <cstdlib>

#include "queue/state_entry.hpp"

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  using namespace postern::queue;
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  auto const entry = parse_state_entry(input);
  if (!entry) return 0;
  std::string body;
  format_state_entry(body, *entry);
  if (parse_state_entry(body) != entry) std::abort();
  state_image once;
  once.apply(*entry);
  state_image twice = once;
  twice.apply(*entry);
  if (once.status() != twice.status() || once.done() != twice.done()) std::abort();
  return 0;
}
