#include "smtp/server_settings.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::smtp {

bool server_settings::discards(std::string_view ehlo_keyword) const {
  return std::ranges::any_of(discarded_keywords, [=](auto const& keyword) { return iequals(keyword, ehlo_keyword); });
}

}  // namespace postern::smtp
