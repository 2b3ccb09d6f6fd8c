#pragma once
// Purpose: text that every match of a regular expression must contain, so that most expressions of a large table need
//          not be tried. Only what is certain: an expression that is not wholly understood requires nothing.
// Layout: a match contains all the runs of at least one alternative; runs are in lower case (fold_for_literals()),
//         whether the expression minds case or not.
// Limits: groups_depth_max nested groups; deeper ones require nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::maps {

enum class expression_dialect : std::uint8_t { perl, posix };

inline constexpr std::size_t groups_depth_max = 50;

struct required_literals {
  std::vector<std::vector<std::string>> alternatives;  ///< empty: anything may match
};

required_literals find_required_literals(std::string_view expression, expression_dialect dialect);

/// The subject as runs are looked for in it: ASCII in lower case, and the two characters beyond ASCII that Unicode
/// folds into it (the long s, the Kelvin sign) as the letters they are.
void fold_for_literals(std::string_view subject, std::string& into);

}  // namespace postern::maps
