#pragma once
// Purpose: JSON from strangers: one object, within limits, and its members as the types that are expected of them.
// Errors: a sentence without the text itself, which may be a token.
// Limits: octets and nesting; a member of another type than asked for counts as absent, but for what says otherwise.
// Source: [RFC 8259]

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace postern::auth::oauth {

struct json_limits {
  std::size_t octets_max = 256UZ << 10U;
  std::size_t depth_max = 16;
};

result<nlohmann::json> parse_object(std::string_view text, json_limits const& limits = {});

/// Empty when there is no such member or it is no string.
std::string string_member(nlohmann::json const& object, std::string_view name);
/// One string, or an array of strings (others in it are left out).
std::vector<std::string> strings_member(nlohmann::json const& object, std::string_view name);

}  // namespace postern::auth::oauth
