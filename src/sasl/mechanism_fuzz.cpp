#include <cstdlib>

#include "sasl/mechanism.hpp"

// Properties: no mechanism crashes, none asks on for ever, and none yields a login with an empty user or password.
// Input: one octet chooses the mechanism, then responses between LFs.
namespace sasl = postern::sasl;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

std::string_view take_response(std::string_view& input) {
  auto const end = input.find('\n');
  auto const response = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return response;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  if (size == 0) return 0;
  auto const rows = sasl::mechanisms();
  std::string_view input(reinterpret_cast<char const*>(data) + 1, size - 1);
  auto const exchange = rows[data[0] % rows.size()].make_server({});
  auto action = data[0] < 128 ? exchange->start(std::nullopt) : exchange->start(take_response(input));
  for (int step = 0; std::holds_alternative<sasl::challenge>(action); ++step) {
    require(step < 8);
    action = exchange->step(take_response(input));
  }
  if (auto const* const login = std::get_if<sasl::verify_plain>(&action)) {
    require(!login->user.empty() && !login->password.empty());
  }
  return 0;
}
