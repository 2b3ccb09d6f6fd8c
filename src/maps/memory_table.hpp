#pragma once
// Purpose: the tables that are held in memory: inline: (written into main.cf), static: (one answer to everything) and
//          texthash: (a postmap source file read at start).
// Limits: a texthash file of texthash_octets_max.

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

inline constexpr std::size_t texthash_octets_max = 64 * 1024 * 1024;

/// "{ key=value, other=value { key = value with, commas } }"
result<std::unique_ptr<table>> open_inline(std::string_view name);
/// "value" or "{ value with spaces }"
result<std::unique_ptr<table>> open_static(std::string_view name);
/// A file of "key white-space value" lines with comments and continuation lines, as postmap(1) reads it.
result<std::unique_ptr<table>> open_texthash(std::string_view path);

}  // namespace postern::maps
