#pragma once
// Purpose: sets of Linux capabilities by name.
// Source: capabilities(7).

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::os {

/// Bit n stands for capability number n.
using capability_set = std::uint64_t;

/// The set with the one capability of that name in it ("setuid" for CAP_SETUID); empty when Postern knows none such.
std::optional<capability_set> find_capability(std::string_view name);

}  // namespace postern::os
