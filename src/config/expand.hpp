#pragma once
// Purpose: $-expansion of configuration text, as Postfix does it. Pure: names are looked up through a function.
// Layout: $name $(name) ${name} ${name?text} ${name?{a}:{b}} ${name:text} ${{a} == {b} ? {x} : {y}}, operators
//         == != < <= > >= and the same with "level" behind them for release numbers; $$ is a dollar sign.
// Errors: bad syntax, a parameter that refers to itself, and a result over the limits fail with a sentence.
// Limits: expand_limits; recursion on input is bounded by `depth`.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::config {

struct expand_limits {
  std::size_t octets = 1U << 20U;
  std::size_t steps = 100'000;  ///< lookups and expressions in one expansion
  unsigned depth = 100;         ///< nested lookups and expressions, Postfix's own limit
};

/// The unexpanded value of a name; empty optional when the name is not defined.
using name_lookup = std::function<std::optional<std::string>(std::string_view name)>;

result<std::string> expand(std::string_view text, name_lookup const& lookup, expand_limits const& limits = {});

/// Compares release numbers such as "3.6" and "3.10.1": negative, 0, positive; fails when one is malformed.
result<int> compare_levels(std::string_view left, std::string_view right);

/// Calls `visit` for each name that the text refers to, on both sides of conditions too; says nothing about syntax.
void for_each_name(std::string_view text, std::function<void(std::string_view name)> const& visit);

}  // namespace postern::config
