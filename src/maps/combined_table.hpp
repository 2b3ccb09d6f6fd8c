#pragma once
// Purpose: tables made of tables: unionmap: (all answers, joined by commas), pipemap: (one's answer is the next one's
//          key), and randmap: (one of its values by chance).
// Errors: a member that cannot be opened or asked is a failure.
// Limits: members_max members; tables nest nesting_max deep.
// Source: DATABASE_README, postconf(5).

#include <cstddef>
#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

inline constexpr std::size_t members_max = 100;
inline constexpr int nesting_max = 10;

/// "{type:name, type:name}"
result<std::unique_ptr<table>> open_unionmap(std::string_view name);
result<std::unique_ptr<table>> open_pipemap(std::string_view name);
/// "{value, { value with blanks }}"
result<std::unique_ptr<table>> open_randmap(std::string_view name);

/// What the members need of the sandbox.
void ask_for_members(std::string_view name, os::sandbox_rules& rules);

}  // namespace postern::maps
