#pragma once
// Purpose: options as our own commands take them: "--name" for a flag, "--name VALUE" or "--name=VALUE", as tables of
//          the members that they set.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::cli {

template <class Request>
struct long_flag {
  std::string_view name;  ///< "--name"
  bool Request::* into;
};

template <class Request>
struct long_value {
  std::string_view name;  ///< "--name"
  std::string Request::* into;
};

/// The "--name" of "--name=VALUE".
std::string_view option_name(std::string_view word);
/// What stands behind '=' in the word at `at`, else the next word, and `at` steps over it; nothing: there is none.
std::optional<std::string> take_option_value(std::span<std::string const> words, std::size_t& at);

/// Sets the flag that `word` names; false: it names none of these.
template <class Request, std::size_t Count>
bool take_flag(std::string_view word, long_flag<Request> const (&known)[Count], Request& out) {
  for (auto const& [name, into] : known) {
    if (word == name) return out.*into = true;
  }
  return false;
}

/// Takes the option at `at` with its value; false: it is none of these, or lacks its value.
template <class Request, std::size_t Count>
bool take_value(std::span<std::string const> words, std::size_t& at, long_value<Request> const (&known)[Count],
                Request& out) {
  for (auto const& [name, into] : known) {
    if (option_name(words[at]) != name) continue;
    auto value = take_option_value(words, at);
    if (value) out.*into = std::move(*value);
    return value.has_value();
  }
  return false;
}

}  // namespace postern::cli
