#pragma once
// Purpose: what a check or a probe has to say: how bad it is, what was seen, what to do about it.

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::admin {

enum class gravity : std::uint8_t {
  good,     ///< as it should be
  note,     ///< worth knowing, nothing to do
  warning,  ///< works, with a risk
  problem,  ///< does not work, or harms
};

/// "ok", "note", "warning", "problem": what stands before a step.
std::string_view format_gravity(gravity level);

struct remark {
  gravity level = gravity::good;
  std::string text;    ///< what was seen; a sentence without a full stop, free of control characters
  std::string remedy;  ///< what to do; may be empty
};

}  // namespace postern::admin
