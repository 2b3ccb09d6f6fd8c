#pragma once
// Purpose: what a check or a probe has to say: how bad it is, what was seen, what to do about it.

#include <cstdint>
#include <string>

namespace postern::admin {

enum class gravity : std::uint8_t {
  good,     ///< as it should be
  note,     ///< worth knowing, nothing to do
  warning,  ///< works, with a risk
  problem,  ///< does not work, or harms
};

struct remark {
  gravity level = gravity::good;
  std::string text;    ///< what was seen; a sentence without a full stop, free of control characters
  std::string remedy;  ///< what to do; may be empty
};

}  // namespace postern::admin
