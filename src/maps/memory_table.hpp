#pragma once
// Purpose: the tables that are held in memory: inline: (written into main.cf), static: (one answer to everything),
//          environ: (the environment), fail: (a table that always fails, for tests), unix: (the system's passwd and
//          group files) and texthash: (a postmap source file read at start and again when it changed).
// Limits: files of source_octets_max.
// Source: DATABASE_README, postconf(5).

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

/// "{ key=value, other=value { key = value with, commas } }"; of two values the last one counts.
result<std::unique_ptr<table>> open_inline(std::string_view name);
/// "value" or "{ value with spaces }"
result<std::unique_ptr<table>> open_static(std::string_view name);
result<std::unique_ptr<table>> open_environ(std::string_view name);
/// find() fails always.
result<std::unique_ptr<table>> open_fail(std::string_view name);
/// A file of "key white-space value" lines with comments and continuation lines, as postmap(1) reads it; of two values
/// the first one counts.
result<std::unique_ptr<table>> open_texthash(std::string_view path);
/// "passwd.byname" or "group.byname": the line of /etc/passwd or /etc/group. Other sources of users are not asked.
result<std::unique_ptr<table>> open_unix(std::string_view name);

}  // namespace postern::maps
