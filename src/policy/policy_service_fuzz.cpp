// Replies of policy servers: whatever comes, an answer is found once it is whole, and in the same place however the
// octets were cut.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/policy_service.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using postern::policy::parse_policy_reply;
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  auto const whole = parse_policy_reply(input);
  if (!whole || !*whole) return 0;
  auto const& reply = **whole;
  if (reply.octets > input.size() || reply.action.empty() || reply.action.contains('\n')) std::abort();
  auto const exact = parse_policy_reply(input.substr(0, reply.octets));
  if (!exact || !*exact || (*exact)->action != reply.action) std::abort();
  for (std::size_t cut = 0; cut < reply.octets; ++cut) {
    auto const part = parse_policy_reply(input.substr(0, cut));
    if (part && *part) std::abort();
  }
  return 0;
}
