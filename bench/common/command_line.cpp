#include "bench/common/command_line.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

namespace postern::bench {
namespace {

[[noreturn]] void complain(std::string const& text) {
  fmt::print(stderr, "{}; --help names the options\n", text);
  std::exit(2);
}

bool is_word(option const& one) { return !one.name.starts_with("--"); }

template <class Value>
std::string format_default(Value const& value) {
  if constexpr (std::is_same_v<Value, std::string>) {
    return value.empty() ? "" : fmt::format(" [{}]", value);
  } else if constexpr (std::is_same_v<Value, bool>) {
    return "";
  } else {
    return fmt::format(" [{}]", value);
  }
}

[[noreturn]] void print_help(std::string_view about, std::span<option const> options) {
  fmt::print("{}\n", about);
  for (auto const& one : options) {
    auto const shown = std::visit([](auto const* place) { return format_default(*place); }, one.value);
    fmt::print("  {:18} {}{}{}\n", one.name, one.meaning, shown, one.demanded || is_word(one) ? " (needed)" : "");
  }
  std::exit(0);
}

bool parse_into(std::string& place, std::string_view text) {
  place = text;
  return true;
}

bool parse_into(bool& place, std::string_view) { return place = true; }

template <class Number>
bool parse_into(Number& place, std::string_view text) {
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
  return error == std::errc() && end == text.data() + text.size() && place >= 0;
}

void set(option const& one, std::string_view text) {
  bool const fits = std::visit([&](auto* place) { return parse_into(*place, text); }, one.value);
  if (!fits) complain(fmt::format("{}: \"{}\" is no number for it", one.name, text));
}

bool is_asked(option const& one, std::string_view name, std::size_t word_number, std::size_t& words_seen) {
  if (!is_word(one)) return one.name == name;
  return !name.starts_with("--") && words_seen++ == word_number;
}

}  // namespace

void read_command_line(int argc, char** argv, std::string_view about, std::span<option const> options) {
  std::vector<std::string_view> const words(argv + 1, argv + argc);
  std::vector<bool> given(options.size());
  std::size_t words_taken = 0;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == "--help") print_help(about, options);
    auto const equals = words[at].starts_with("--") ? words[at].find('=') : std::string_view::npos;
    auto const name = words[at].substr(0, equals);
    std::size_t words_seen = 0;
    std::size_t which = 0;
    while (which < options.size() && !is_asked(options[which], name, words_taken, words_seen)) ++which;
    if (which == options.size()) complain(fmt::format("what is \"{}\"?", name));
    auto const& one = options[which];
    given[which] = true;
    if (auto* const* flag = std::get_if<bool*>(&one.value)) {
      **flag = true;
    } else if (is_word(one)) {
      ++words_taken;
      set(one, words[at]);
    } else if (equals != std::string_view::npos) {
      set(one, words[at].substr(equals + 1));
    } else if (++at < words.size()) {
      set(one, words[at]);
    } else {
      complain(fmt::format("{} wants a value", name));
    }
  }
  for (std::size_t i = 0; i < options.size(); ++i) {
    if ((options[i].demanded || is_word(options[i])) && !given[i])
      complain(fmt::format("{} is missing", options[i].name));
  }
}

}  // namespace postern::bench
