#include "programs/postern/short_options.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace postern::cli {

short_options::option short_options::fail_on(char letter, std::string_view why) {
  fmt::print(stderr, "{}: {} -- '{}'\n", program_, why, letter);
  return {};
}

std::optional<short_options::option> short_options::next() {
  while (word_ < words_.size() && letter_ == 0) {
    auto const& word = words_[word_];
    if (word == "--") {
      rest_.insert(rest_.end(), words_.begin() + static_cast<std::ptrdiff_t>(word_) + 1, words_.end());
      word_ = words_.size();
    } else if ((word.size() < 2 || word[0] != '-') && known_.starts_with('+')) {
      rest_.insert(rest_.end(), words_.begin() + static_cast<std::ptrdiff_t>(word_), words_.end());
      word_ = words_.size();
    } else if (word.size() < 2 || word[0] != '-') {
      rest_.push_back(word);
      ++word_;
    } else {
      letter_ = 1;
    }
  }
  if (word_ >= words_.size()) return std::nullopt;

  auto const word = words_[word_];
  char const letter = word[letter_++];
  bool const last = letter_ == word.size();
  auto const at = letter == ':' || letter == '+' ? std::string::npos : known_.find(letter);
  bool const with_value = at != std::string::npos && at + 1 < known_.size() && known_[at + 1] == ':';
  bool const value_here_only = with_value && at + 2 < known_.size() && known_[at + 2] == ':';
  if (last || with_value) {
    ++word_;
    letter_ = 0;
  }
  if (at == std::string::npos) return fail_on(letter, "invalid option");
  if (!with_value) return option{letter, {}};
  if (!last) return option{letter, word.substr(word.find(letter, 1) + 1)};
  if (value_here_only) return option{letter, {}};
  if (word_ == words_.size()) return fail_on(letter, "option requires an argument");
  return option{letter, words_[word_++]};
}

int print_sasl_version(std::string_view program) {
  fmt::print(stderr, "\n{} of Postern, in place of Cyrus SASL 2.1.28's\n", program);
  return 0;
}

}  // namespace postern::cli
