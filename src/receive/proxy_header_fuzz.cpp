#include <cstdlib>

#include "receive/proxy_header.hpp"

// Properties: nothing crashes; reading as told ends within the limit; what says nothing of the client gives no port
// either.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  std::size_t read = 0;
  while (auto const wanted = postern::receive::proxy_octets_wanted(input.substr(0, read))) {
    if (read + wanted > postern::receive::proxy_header::header_octets_max) std::abort();
    if (read + wanted > size) return 0;
    read += wanted;
  }
  auto const parsed = postern::receive::parse_proxy_header(input.substr(0, read));
  if (parsed && !parsed->has_addresses && parsed->client_port != 0) std::abort();
  return 0;
}
