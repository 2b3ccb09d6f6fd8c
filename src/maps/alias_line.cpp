#include "maps/alias_line.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "base/text.hpp"

namespace postern::maps {
namespace {

enum class word_kind : std::uint8_t { atom, quoted, verbatim, special };

struct word {
  word_kind kind = word_kind::atom;
  std::string text;  // quoted: what stands between the quotes, backslashes taken out
  bool is(char c) const { return kind == word_kind::special && text.front() == c; }
};

constexpr std::string_view specials = "<>@,;:.";

bool ends_atom(char c) { return is_ascii_space(c) || specials.contains(c) || c == '"' || c == '(' || c == '['; }

word take_quoted(std::string_view& rest) {
  word out{word_kind::quoted, {}};
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    out.text += rest[i];
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return out;
}

word take_atom(std::string_view& rest) {
  word out;
  std::size_t i = 0;
  for (; i < rest.size() && !ends_atom(rest[i]); ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
      if (ends_atom(rest[i])) out.kind = word_kind::quoted;
    }
    out.text += rest[i];
  }
  rest.remove_prefix(i);
  return out;
}

// A comment, nested ones included, or a domain literal, as it stands.
word take_verbatim(std::string_view& rest, char open, char close) {
  std::size_t i = 0;
  for (int depth = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == open) {
      ++depth;
    } else if (rest[i] == close && --depth == 0) {
      break;
    }
  }
  i = std::min(i + 1, rest.size());
  word out{word_kind::verbatim, std::string(rest.substr(0, i))};
  rest.remove_prefix(i);
  return out;
}

std::vector<word> parse_words(std::string_view rest) {
  std::vector<word> out;
  for (rest = trim(rest); !rest.empty(); rest = trim(rest)) {
    char first = rest.front();
    if (first == '"') {
      out.push_back(take_quoted(rest));
    } else if (first == '(') {
      out.push_back(take_verbatim(rest, '(', ')'));
    } else if (first == '[') {
      out.push_back(take_verbatim(rest, '[', ']'));
    } else if (specials.contains(first)) {
      out.push_back({word_kind::special, std::string(1, first)});
      rest.remove_prefix(1);
    } else {
      out.push_back(take_atom(rest));
    }
  }
  return out;
}

bool stand_apart(word const& a, word const& b) {
  bool const word_a = a.kind != word_kind::special;
  bool const word_b = b.kind != word_kind::special;
  return (word_a && word_b) || (word_a && b.is('<')) || (a.is('>') && word_b);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string format_words(std::span<word const> words, bool with_quotes) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && stand_apart(words[i - 1], words[i])) out += ' ';
    out += with_quotes && words[i].kind == word_kind::quoted ? in_quotes(words[i].text) : words[i].text;
    if (words[i].is(',')) out += ' ';
  }
  return out;
}

}  // namespace

result<alias_line> parse_alias_line(std::string_view line) {
  auto words = parse_words(line);
  auto colon = std::ranges::find_if(words, [](word const& one) { return one.is(':'); });
  std::span<word const> name(words.begin(), colon);
  auto has = [&](char c) { return std::ranges::any_of(name, [c](word const& one) { return one.is(c); }); };
  if (colon == words.end() || name.empty() || colon + 1 == words.end() || has(','))
    return fail("'name: value' is wanted, with one name");
  if (has('@')) return fail("the name must be a local one, without a domain");
  return alias_line{format_words(name, false), format_words({colon + 1, words.end()}, true)};
}

}  // namespace postern::maps
