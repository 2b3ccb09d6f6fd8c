#include "sasl/old_spelling.hpp"

#include "base/latin1.hpp"
#include "base/utf8.hpp"

namespace postern::sasl {

std::string utf8_spelling(std::string_view name) { return is_utf8(name) ? std::string(name) : utf8_of_latin1(name); }

std::vector<secret> hashed_spellings(std::string_view text) {
  std::vector<secret> out{secret(text)};
  auto latin1 = latin1_of_utf8(text);
  if (latin1 && *latin1 != text) out.emplace_back(std::move(*latin1));
  return out;
}

}  // namespace postern::sasl
