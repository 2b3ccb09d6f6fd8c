#include <cstdint>
#include <cstdlib>

#include "sasl/mux_protocol.hpp"

using namespace postern::sasl;

// Splitting the input after any octet of the first four strings changes nothing; what was read can be written back.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 1) return 0;
  std::string_view const input(reinterpret_cast<char const*>(data) + 1, size - 1);
  (void)mux::parse_reply(input);
  mux::request_reader whole(4096);
  auto const got = whole.feed(input);
  if (got != mux::request_reader::progress::complete) return 0;
  auto const once = whole.take();

  mux::request_reader pieces(4096);
  auto const cut = data[0] % (input.size() + 1);
  if (pieces.feed(input.substr(0, cut)) != mux::request_reader::progress::complete &&
      pieces.feed(input.substr(cut)) != mux::request_reader::progress::complete) {
    std::abort();
  }
  auto const twice = pieces.take();
  if (once.login != twice.login || once.password.reveal() != twice.password.reveal() || once.realm != twice.realm) {
    std::abort();
  }
  auto const written = mux::format_request(once, false);
  if (!written || !input.starts_with(written->reveal())) std::abort();
  return 0;
}
