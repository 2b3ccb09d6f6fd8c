#pragma once
// Purpose: "until when" as administrators type it: 90d, 2027-01-31, never.
// Units: 90d is that long from now; a date means its last second, UTC.
// Errors: what cannot be read, or is past, is a failure that shows the forms.

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace postern::auth {

/// Absent: never.
result<std::optional<wall_time>> parse_expiry(std::string_view text, wall_time now);

}  // namespace postern::auth
