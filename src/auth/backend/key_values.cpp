#include "auth/backend/key_values.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/text.hpp"

namespace postern::auth {

result<key_values> parse_key_values(std::string_view argument, std::initializer_list<std::string_view> known) {
  key_values out;
  for (auto const word : split_any(argument, ", ")) {
    auto const equals = word.find('=');
    auto const key = word.substr(0, equals);
    if (equals == std::string_view::npos || std::ranges::find(known, key) == known.end()) {
      return fail(fmt::format("-O {}: known are {}=VALUE", printable(word), fmt::join(known, "=VALUE, ")));
    }
    if (!out.emplace(key, word.substr(equals + 1)).second) return fail(fmt::format("-O: {} stands there twice", key));
  }
  return out;
}

std::string value_or(key_values const& values, std::string_view key, std::string_view otherwise) {
  auto const found = values.find(key);
  return found == values.end() ? std::string(otherwise) : found->second;
}

}  // namespace postern::auth
