#include "programs/postern/long_options.hpp"

namespace postern::cli {

std::string_view option_name(std::string_view word) { return word.substr(0, word.find('=')); }

std::optional<std::string> take_option_value(std::span<std::string const> words, std::size_t& at) {
  auto const name = option_name(words[at]);
  if (name.size() < words[at].size()) return words[at].substr(name.size() + 1);
  if (at + 1 >= words.size()) return std::nullopt;
  return words[++at];
}

}  // namespace postern::cli
