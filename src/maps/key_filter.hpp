#pragma once
// Purpose: what keys of remote tables have in common before anything is asked: case, octets, and the key `domain` that
//          says which addresses are worth a question.
// Layout: `domain`: names, /files of names, type:table; "!" before an entry excludes; the first that fits decides.
// Security: keys that are no UTF-8, or have a NUL in them, are in no table and are never sent.
// Source: mysql_table(5), "domain"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "maps/table.hpp"

namespace postern::maps {

class key_filter {
 public:
  key_filter() = default;
  /// A file or a table that cannot be opened is a failure that names it.
  static result<key_filter> load(std::vector<std::string> const& domains);

  /// The key as it is to be asked for; nothing: no table has it. A failure: a table of `domain` could not be asked.
  result<std::optional<std::string>> prepare(std::string_view key) const;

 private:
  struct entry {
    bool excludes = false;
    std::string name;
    std::shared_ptr<table> asked;  ///< instead of the name
  };
  static result<> add(std::string_view word, int depth, std::vector<entry>& into);
  result<bool> admits(std::string_view domain) const;

  bool any_ = true;
  std::vector<entry> entries_;
};

/// The tables and files that `domain` names.
void ask_for_domains(std::vector<std::string> const& domains, os::sandbox_rules& rules);

}  // namespace postern::maps
