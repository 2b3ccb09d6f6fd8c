#pragma once
// Purpose: lookup tables, `type:name` in main.cf. One file a type; table.cpp holds the list of types.
// Errors: open_table() fails with a sentence that names the table, what is wrong with it and what to do; find() fails
//         when the table could not be asked, which is not the same as "no such key".
// Concurrency: one table belongs to one thread.
// Source: DATABASE_README of Postfix.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/sandbox.hpp"

namespace postern::maps {

struct entry {
  std::string key;
  std::string value;
};

class table {
 public:
  virtual ~table() = default;
  virtual result<std::optional<std::string>> find(std::string_view key) = 0;
  /// As find(), but a table of fixed strings does not fold the key's case: for `postmap -f`.
  virtual result<std::optional<std::string>> find_exact(std::string_view key) { return find(key); }
  /// All of it; a failure for types that cannot be listed.
  virtual result<std::vector<entry>> entries() = 0;
  /// Patterns (regexp, pcre, cidr) are asked for the whole key alone, never for its parts.
  virtual bool is_pattern() const { return false; }
  /// find() asks another process or machine and may take until its deadline: for lookup_pool's threads only.
  virtual bool blocks() const { return false; }
};

struct table_type {
  std::string_view name;
  result<std::unique_ptr<table>> (*open)(std::string_view name);
  /// Adds what open() and find() need of the sandbox; null: nothing.
  void (*ask_for)(std::string_view name, os::sandbox_rules& rules) = nullptr;
  std::string_view gone = {};  ///< for types of old: what replaces it; `open` is null then
};
std::span<table_type const> table_types();

/// "hash:/etc/postfix/access". An unknown type is a failure that lists the known ones.
result<std::unique_ptr<table>> open_table(std::string_view type_and_name);

/// What a program needs to open and ask this table, now and after it was replaced, once it has shut itself in: files
/// (their directories, because a table is replaced by renaming), sockets, ports. For prepare(), with
/// environment::ask_for(). Nothing for what is no table.
void ask_for_table(std::string_view type_and_name, os::sandbox_rules& rules);

/// For `ask_for` of types that read files: `path` and all beside it; directly below the root's directories
/// (/etc/aliases) only the files of that name.
void ask_for_file(std::string_view path, os::sandbox_rules& rules);

/// Whether the text looks like `type:name` at all.
bool is_table_name(std::string_view text);

}  // namespace postern::maps
