#include "smtp/bare_newline.hpp"

#include "base/text.hpp"

namespace postern::smtp {

std::optional<bare_newline> parse_bare_newline(std::string_view text) {
  if (iequals(text, "no")) return bare_newline::accept;
  if (iequals(text, "yes") || iequals(text, "normalize")) return bare_newline::normalize;
  if (iequals(text, "reject")) return bare_newline::reject;
  return std::nullopt;
}

}  // namespace postern::smtp
