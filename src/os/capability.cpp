#include "os/capability.hpp"

#include <algorithm>
#include <array>

#include <linux/capability.h>

namespace postern::os {
namespace {

struct row {
  std::string_view name;
  unsigned number;
};

// Those that a program of a mail server may have a use for.
constexpr std::array known{
    row{"chown", CAP_CHOWN},
    row{"dac_override", CAP_DAC_OVERRIDE},
    row{"dac_read_search", CAP_DAC_READ_SEARCH},
    row{"setgid", CAP_SETGID},
    row{"setuid", CAP_SETUID},
};

}  // namespace

std::optional<capability_set> find_capability(std::string_view name) {
  auto const* found = std::ranges::find(known, name, &row::name);
  if (found == known.end()) return std::nullopt;
  return capability_set{1} << found->number;
}

}  // namespace postern::os
