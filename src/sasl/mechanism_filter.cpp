#include "sasl/mechanism_filter.hpp"

#include "base/text.hpp"

namespace postern::sasl {

bool passes_filter(std::span<std::string const> filter, std::string_view mechanism) {
  for (auto const& word : filter) {
    bool const negative = word.starts_with('!');
    auto const name = std::string_view(word).substr(negative ? 1 : 0);
    if (iequals(name, mechanism) || istarts_with(name, "static:")) return !negative;
  }
  return filter.empty();
}

}  // namespace postern::sasl
