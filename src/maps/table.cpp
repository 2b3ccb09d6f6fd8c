#include "maps/table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/berkeley_db.hpp"
#include "maps/cdb_table.hpp"
#include "maps/cidr_table.hpp"
#include "maps/combined_table.hpp"
#include "maps/lmdb_table.hpp"
#include "maps/memory_table.hpp"
#include "maps/pattern_table.hpp"
#include "maps/remote_tables.hpp"
#include "maps/source_lines.hpp"

namespace postern::maps {
namespace {

void ask_for_rules(std::string_view name, os::sandbox_rules& rules) {
  if (!is_inline_rules(name)) ask_for_file(name, rules);
}

void ask_for_system_users(std::string_view /*name*/, os::sandbox_rules& rules) {
  for (auto const* file : {"/etc/passwd", "/etc/group"}) ask_for_file(file, rules);
}

constexpr std::string_view use_instead = "build it anew as hash: or texthash:";

// One row a type, in alphabetical order; the files named by the rows hold the rest.
constexpr std::array types{
    table_type{"btree", open_btree, ask_for_file},
    table_type{"cdb", open_cdb, ask_for_file},
    table_type{"cidr", open_cidr, ask_for_rules},
    table_type{"dbm", nullptr, nullptr, use_instead},
    table_type{"environ", open_environ},
    table_type{"fail", open_fail},
    table_type{"hash", open_hash, ask_for_file},
    table_type{"inline", open_inline},
    table_type{"ldap", open_ldap, ask_for_ldap},
    table_type{"lmdb", open_lmdb, ask_for_file},
    table_type{"memcache", open_memcache, ask_for_memcache},
    table_type{"mysql", open_mysql, ask_for_mysql},
    table_type{"pcre", open_pcre, ask_for_rules},
    table_type{"pgsql", open_pgsql, ask_for_pgsql},
    table_type{"pipemap", open_pipemap, ask_for_members},
    table_type{"proxy", open_proxy, ask_for_proxy},
    table_type{"randmap", open_randmap},
    table_type{"redis", open_redis, ask_for_redis},
    table_type{"regexp", open_regexp, ask_for_rules},
    table_type{"sdbm", nullptr, nullptr, use_instead},
    table_type{"socketmap", open_socketmap, ask_for_socketmap},
    table_type{"sqlite", open_sqlite, ask_for_sqlite},
    table_type{"static", open_static},
    table_type{"tcp", open_tcp, ask_for_tcp},
    table_type{"texthash", open_texthash, ask_for_file},
    table_type{"unionmap", open_unionmap, ask_for_members},
    table_type{"unix", open_unix, ask_for_system_users},
};

table_type const* find_type(std::string_view type_and_name) {
  auto type = type_and_name.substr(0, type_and_name.find(':'));
  auto found = std::ranges::find_if(types, [&](auto const& row) { return row.name == type; });
  return found == types.end() ? nullptr : &*found;
}

std::string known_types() {
  std::string known;
  for (auto const& row : types) {
    if (row.open != nullptr) known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  return known;
}

}  // namespace

std::span<table_type const> table_types() { return types; }

bool is_table_name(std::string_view text) {
  auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::ranges::all_of(text.substr(0, colon), [](char c) { return is_ascii_alnum(c) || c == '_'; });
}

result<std::unique_ptr<table>> open_table(std::string_view type_and_name) {
  if (!is_table_name(type_and_name))
    return fail(fmt::format("'{}' is not a lookup table: it wants the form type:name", type_and_name));
  auto colon = type_and_name.find(':');
  auto type = type_and_name.substr(0, colon);
  auto const* found = find_type(type_and_name);
  if (found == nullptr)
    return fail(fmt::format("{}: there is no table type '{}'; known are {}", type_and_name, type, known_types()));
  if (found->open == nullptr)
    return fail(fmt::format("{}: table type '{}' is gone; {}", type_and_name, type, found->gone));
  return found->open(type_and_name.substr(colon + 1));
}

void ask_for_table(std::string_view type_and_name, os::sandbox_rules& rules) {
  if (!is_table_name(type_and_name)) return;
  auto const* found = find_type(type_and_name);
  if (found != nullptr && found->ask_for != nullptr)
    found->ask_for(type_and_name.substr(type_and_name.find(':') + 1), rules);
}

// Landlock holds on to inodes: a file that takes another's place by rename is reached through its directory alone. All
// of /etc would be too much for that; what lies there directly is reached until it is replaced.
void ask_for_file(std::string_view path, os::sandbox_rules& rules) {
  os::sandbox_rules more{.syscalls = {os::syscall_set::files_read}};
  auto directory = path.substr(0, std::min(path.rfind('/'), path.size()));
  if (directory.find('/', 1) != std::string_view::npos) {
    more.readable.emplace_back(directory);
  } else {
    for (auto suffix : {"", ".db", ".lmdb", ".cdb"}) more.readable.push_back(std::string(path) + suffix);
  }
  os::append(rules, more);
}

}  // namespace postern::maps
