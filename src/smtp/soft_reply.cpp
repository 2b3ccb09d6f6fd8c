#include "smtp/soft_reply.hpp"

#include <algorithm>

namespace postern::smtp {

std::string soften(std::string_view replies) {
  constexpr std::size_t status_at = 4;  // behind "550 " or "550-"
  std::string out(replies);
  for (std::size_t line = 0; line < out.size();) {
    auto const end = std::min(out.find('\n', line), out.size());
    if (out[line] == '5') {
      out[line] = '4';
      bool const has_status =
          line + status_at + 1 < end && out[line + status_at] == '5' && out[line + status_at + 1] == '.';
      if (has_status) out[line + status_at] = '4';
    }
    line = end + 1;
  }
  return out;
}

void soften(int& code, std::string& enhanced) {
  if (code / 100 != 5) return;
  code -= 100;
  if (enhanced.starts_with('5')) enhanced[0] = '4';
}

}  // namespace postern::smtp
