#include "config/expand.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::config {
namespace {

constexpr bool is_name_char(char c) { return is_ascii_alnum(c) || c == '_'; }

void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
}

std::string_view take_name(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_name_char(text[end])) ++end;
  auto name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

/// What stands between an opening bracket, already consumed, and the one that closes it; no value when there is none.
std::optional<std::string_view> take_bracketed(std::string_view& text, char open, char close) {
  unsigned level = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == open) ++level;
    if (text[at] == close && --level == 0) {
      auto inner = text.substr(0, at);
      text.remove_prefix(at + 1);
      return inner;
    }
  }
  return std::nullopt;
}

enum class comparison { equal, not_equal, less, less_equal, greater, greater_equal };

struct relation {
  std::string_view spelling;
  comparison how;
};
// Longer spellings first, so that "<=" is not read as "<".
constexpr std::array relations{
    relation{"==", comparison::equal},      relation{"!=", comparison::not_equal},
    relation{"<=", comparison::less_equal}, relation{">=", comparison::greater_equal},
    relation{"<", comparison::less},        relation{">", comparison::greater},
};

bool holds(comparison how, int order) {
  switch (how) {
    case comparison::equal:
      return order == 0;
    case comparison::not_equal:
      return order != 0;
    case comparison::less:
      return order < 0;
    case comparison::less_equal:
      return order <= 0;
    case comparison::greater:
      return order > 0;
    case comparison::greater_equal:
      return order >= 0;
  }
  return false;
}

bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_ascii_digit); }

/// Numbers compare as numbers, anything else octet by octet.
result<int> compare_values(std::string_view left, std::string_view right) {
  if (!all_digits(left) || !all_digits(right)) {
    int order = left.compare(right);
    return order;
  }
  auto l = parse_unsigned(left);
  auto r = parse_unsigned(right);
  if (!l || !r) return fail(fmt::format("the number {} is too large to compare", l ? right : left));
  return *l < *r ? -1 : (*l > *r ? 1 : 0);
}

class expander {
 public:
  expander(name_lookup const& lookup, expand_limits const& limits) : lookup_(lookup), limits_(limits) {}

  result<> expand_into(std::string_view text, std::string& out, std::size_t octets_max) {
    auto const whole = text;
    while (!text.empty()) {
      auto literal = text.substr(0, text.find('$'));
      if (auto done = append(out, literal, octets_max); !done) return done;
      text.remove_prefix(literal.size());
      if (text.empty()) break;
      text.remove_prefix(1);
      if (auto done = expand_reference(whole, text, out, octets_max); !done) return done;
    }
    return {};
  }

 private:
  result<> append(std::string& out, std::string_view text, std::size_t octets_max) const {
    if (out.size() + text.size() > octets_max) {
      return fail(fmt::format("the value grows over {} octets when its names are expanded", octets_max));
    }
    out += text;
    return {};
  }

  /// `text` begins behind the dollar sign.
  result<> expand_reference(std::string_view whole, std::string_view& text, std::string& out, std::size_t octets_max) {
    char const next = text.empty() ? '\0' : text.front();
    if (next == '$') {
      text.remove_prefix(1);
      return append(out, "$", octets_max);
    }
    bool const bracketed = next == '{' || next == '(';
    std::string_view inner;
    if (bracketed) {
      text.remove_prefix(1);
      auto found = take_bracketed(text, next, next == '{' ? '}' : ')');
      if (!found) return fail(fmt::format("the closing {} is missing in \"{}\"", next == '{' ? '}' : ')', whole));
      inner = *found;
    } else {
      inner = take_name(text);
    }
    if (inner.empty()) return fail(fmt::format("a $ without a name in \"{}\"; write $$ for a dollar sign", whole));
    if (++steps_ > limits_.steps) return fail("the expansion takes too many steps");
    if (depth_ >= limits_.depth) return fail(nested_too_deep());
    ++depth_;
    auto done = bracketed ? expand_expression(inner, out, octets_max) : expand_name(inner, out, octets_max);
    --depth_;
    return done;
  }

  std::string nested_too_deep() const { return fmt::format("expressions are nested more than {} deep", limits_.depth); }

  result<> expand_name(std::string_view name, std::string& out, std::size_t octets_max) {
    auto value = lookup_(name);
    if (!value || value->empty()) return {};
    if (auto seen = std::ranges::find(active_, name); seen != active_.end()) {
      return fail(fmt::format("{} refers to itself: {} -> {}", name, fmt::join(seen, active_.end(), " -> "), name));
    }
    active_.emplace_back(name);
    auto done = expand_into(*value, out, octets_max);
    active_.pop_back();
    return done;
  }

  /// name, name?text, name?{a}:{b}, name:text, or a relation in the place of the name.
  result<> expand_expression(std::string_view text, std::string& out, std::size_t octets_max) {
    skip_spaces(text);
    std::string_view name;
    bool condition = false;
    bool const relational = text.starts_with('{');
    if (relational) {
      auto value = evaluate_relation(text);
      if (!value) return std::unexpected(value.error());
      condition = *value;
    } else {
      name = take_name(text);
      skip_spaces(text);
      if (!text.empty() && text.front() != '?' && text.front() != ':') {
        return fail(fmt::format("a name ends at \"{}\"; letters, digits and _ are allowed, then ? or :", text));
      }
    }
    if (text.empty()) {
      if (relational) return condition ? append(out, "true", octets_max) : result<>{};
      return expand_name(name, out, octets_max);
    }
    if (!relational) {
      auto value = lookup_(name);
      condition = value && !value->empty();
    }
    return expand_branches(text, condition, out, octets_max);
  }

  /// `text` begins with the '?' or ':' behind the condition.
  result<> expand_branches(std::string_view text, bool condition, std::string& out, std::size_t octets_max) {
    std::optional<std::string_view> if_true;
    std::optional<std::string_view> if_false;
    if (text.front() == '?') {
      auto taken = take_branch(text);
      if (!taken) return std::unexpected(taken.error());
      if_true = *taken;
      if (!text.empty() && text.front() != ':') return fail(fmt::format("a : is expected at \"{}\"", text));
    }
    if (text.starts_with(':')) {
      auto taken = take_branch(text);
      if (!taken) return std::unexpected(taken.error());
      if_false = *taken;
      if (!text.empty()) return fail(fmt::format("unexpected text at \"{}\"", text));
    }
    auto const& chosen = condition ? if_true : if_false;
    return chosen ? expand_into(*chosen, out, octets_max) : result<>{};
  }

  /// Behind '?' or ':': "{text}" and the space around it, or everything that is left.
  static result<std::string_view> take_branch(std::string_view& text) {
    text.remove_prefix(1);
    auto rest = text;
    skip_spaces(rest);
    if (!rest.starts_with('{')) return std::exchange(text, {});
    text = rest;
    return take_operand(text);
  }

  /// "{text}" with the space behind it; the text with the space inside the braces.
  static result<std::string_view> take_operand(std::string_view& text) {
    auto const at = text;
    if (!text.starts_with('{')) return fail(fmt::format("a {{text}} is expected at \"{}\"", at));
    text.remove_prefix(1);
    auto inner = take_bracketed(text, '{', '}');
    if (!inner) return fail(fmt::format("the closing }} is missing at \"{}\"", at));
    skip_spaces(text);
    return *inner;
  }

  /// {left} operator {right}
  result<bool> evaluate_relation(std::string_view& text) {
    auto left = take_operand(text);
    if (!left) return std::unexpected(left.error());
    auto found = std::ranges::find_if(relations, [&](relation const& r) { return text.starts_with(r.spelling); });
    if (found == relations.end()) return fail(fmt::format("one of == != < <= > >= is expected at \"{}\"", text));
    text.remove_prefix(found->spelling.size());
    bool const levels = text.starts_with("level");
    if (levels) text.remove_prefix(std::string_view("level").size());
    skip_spaces(text);
    auto right = take_operand(text);
    if (!right) return std::unexpected(right.error());
    auto left_value = expand_operand(*left);
    if (!left_value) return std::unexpected(left_value.error());
    auto right_value = expand_operand(*right);
    if (!right_value) return std::unexpected(right_value.error());
    auto order = levels ? compare_levels(*left_value, *right_value) : compare_values(*left_value, *right_value);
    if (!order) return std::unexpected(order.error());
    return holds(found->how, *order);
  }

  result<std::string> expand_operand(std::string_view text) {
    std::string value;
    if (auto done = expand_into(text, value, limits_.octets); !done) return std::unexpected(done.error());
    return value;
  }

  name_lookup const& lookup_;
  expand_limits const& limits_;
  std::vector<std::string> active_;  ///< names whose values are being expanded, outermost first
  std::size_t steps_ = 0;
  unsigned depth_ = 0;
};

}  // namespace

result<std::string> expand(std::string_view text, name_lookup const& lookup, expand_limits const& limits) {
  std::string out;
  if (auto done = expander(lookup, limits).expand_into(text, out, limits.octets); !done) {
    return std::unexpected(done.error());
  }
  return out;
}

result<int> compare_levels(std::string_view left, std::string_view right) {
  constexpr std::size_t parts_max = 3;  // major.minor.patch
  std::array<std::array<std::uint64_t, parts_max>, 2> levels{};
  std::array const texts{left, right};
  for (std::size_t side = 0; side < texts.size(); ++side) {
    auto parts = split(texts[side], '.');
    bool good = parts.size() <= parts_max;
    for (std::size_t i = 0; good && i < parts.size(); ++i) {
      auto number = parse_unsigned(parts[i]);
      good = number.has_value();
      if (good) levels[side][i] = *number;
    }
    if (!good) return fail(fmt::format("\"{}\" is not a release number such as 3.6", texts[side]));
  }
  return levels[0] < levels[1] ? -1 : (levels[0] > levels[1] ? 1 : 0);
}

void for_each_name(std::string_view text, std::function<void(std::string_view)> const& visit) {
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at)) {
    text.remove_prefix(at + 1);
    at = 0;
    if (text.starts_with('$')) {
      at = 1;
      continue;
    }
    auto rest = text;
    if (rest.starts_with('{') || rest.starts_with('(')) rest.remove_prefix(1);
    skip_spaces(rest);
    if (auto name = take_name(rest); !name.empty()) visit(name);
  }
}

}  // namespace postern::config
