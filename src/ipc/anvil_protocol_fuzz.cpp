#include <cstdint>
#include <cstdlib>

#include "ipc/anvil_protocol.hpp"

using namespace postern;

// What was read is what is written: the octets may differ (numbers have longer spellings), the message does not.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 1) return 0;
  ipc::message const in{data[0], std::string(reinterpret_cast<char const*>(data) + 1, size - 1), {}};
  if (auto const request = ipc::parse_anvil_request(in)) {
    auto const written = ipc::format_anvil_request(request->number, request->body);
    auto const again = ipc::parse_anvil_request(written);
    if (!again || written.type != in.type || again->number != request->number || again->body != request->body) {
      std::abort();
    }
  }
  if (auto const answer = ipc::parse_anvil_answer(in)) {
    auto const written = ipc::format_anvil_answer(answer->number, answer->body);
    auto const again = ipc::parse_anvil_answer(written);
    if (!again || written.type != in.type || again->number != answer->number || again->body != answer->body) {
      std::abort();
    }
  }
  return 0;
}
