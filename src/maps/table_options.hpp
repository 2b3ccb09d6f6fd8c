#pragma once
// Purpose: the keys of tables that are described by a file (ldap:/etc/postfix/users.cf) or, the old way, by parameters
//          of main.cf that begin with the table's name (ldap:users: users_server_host, users_search_base …).
// Layout: the file is written as main.cf is; its values stay as they are, those of main.cf are $-expanded.
// Errors: name the file and the line (or the parameter), what is wrong and what to do. A key that the type does not
//         know is a warning, logged once a process.
// Concurrency: use_main_cf() before threads start; load() from any thread.
// Limits: as config/main_cf.hpp.
// Security: values may be passwords: no message shows the value of a key that is held as a secret.
// Source: ldap_table(5), mysql_table(5), pgsql_table(5), sqlite_table(5), memcache_table(5) of Postfix

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "os/sandbox.hpp"

namespace postern::maps {

/// The main.cf of this process, for tables that are described there.
void use_main_cf(config::settings const& settings);
/// Nothing before use_main_cf().
std::optional<config::settings> main_cf_in_use();

class table_options {
 public:
  /// Of "TYPE:NAME".
  static result<table_options> load(std::string_view type, std::string_view name);
  /// `named` stands for the file in messages.
  static result<table_options> parse(std::string_view text, std::string named);
  static table_options from_main_cf(config::settings const& settings, std::string_view name);

  struct value {
    secret text;
    unsigned line = 0;
  };
  /// Null: the key is not there. What is there and empty is there.
  value const* find(std::string_view key) const;
  std::map<std::string, value, std::less<>> const& values() const noexcept { return values_; }

  /// "FILE:LINE: KEY: WHY", or "main.cf: NAME_KEY: WHY".
  std::unexpected<failure> complain(std::string_view key, std::string_view why) const;
  /// "mysql:/etc/postfix/users.cf"
  std::string const& table_name() const noexcept { return table_name_; }
  bool is_file() const noexcept { return prefix_.empty(); }
  void warn_of_unknown(std::span<std::string_view const> known) const;

 private:
  std::string table_name_;
  std::string file_;    ///< for messages
  std::string prefix_;  ///< "users_": described by main.cf
  std::map<std::string, value, std::less<>> values_;
};

/// One key of a type and where its value goes.
template <class Options>
struct option_row {
  std::string_view key;
  std::variant<std::string Options::*, secret Options::*, bool Options::*, int Options::*,
               std::chrono::seconds Options::*, std::vector<std::string> Options::*,
               std::optional<std::string> Options::*>
      member;
  int min = 0;  ///< of a number
  int max = 0;
  /// When not empty the value is one of these words, and the number becomes its index.
  std::span<std::string_view const> choices = {};
};

namespace option_values {
result<bool> parse_flag(table_options const& options, std::string_view key);
result<int> parse_number(table_options const& options, std::string_view key, int min, int max,
                         std::span<std::string_view const> choices);
}  // namespace option_values

/// Fills `into`; members whose keys are not there stay as they are.
template <class Options>
result<> apply_options(table_options const& from, std::span<option_row<Options> const> rows, Options& into) {
  std::vector<std::string_view> known;
  for (auto const& row : rows) {
    known.push_back(row.key);
    auto const* const found = from.find(row.key);
    if (found == nullptr) continue;
    auto const text = found->text.reveal();
    if (auto const* const line = std::get_if<std::string Options::*>(&row.member)) {
      into.** line = std::string(text);
    } else if (auto const* const maybe = std::get_if<std::optional<std::string> Options::*>(&row.member)) {
      into.** maybe = std::string(text);
    } else if (auto const* const hidden = std::get_if<secret Options::*>(&row.member)) {
      into.** hidden = found->text;
    } else if (auto const* const words = std::get_if<std::vector<std::string> Options::*>(&row.member)) {
      into.** words = config::split_list(text);
    } else if (auto const* const flag = std::get_if<bool Options::*>(&row.member)) {
      auto const parsed = option_values::parse_flag(from, row.key);
      if (!parsed) return std::unexpected(parsed.error());
      into.** flag = *parsed;
    } else {
      auto const parsed = option_values::parse_number(from, row.key, row.min, row.max, row.choices);
      if (!parsed) return std::unexpected(parsed.error());
      if (auto const* const number = std::get_if<int Options::*>(&row.member)) into.** number = *parsed;
      if (auto const* const limit = std::get_if<std::chrono::seconds Options::*>(&row.member)) {
        into.** limit = std::chrono::seconds(*parsed);
      }
    }
  }
  from.warn_of_unknown(known);
  return {};
}

/// For ask_for functions: the file, if the table has one.
void ask_for_options(std::string_view name, os::sandbox_rules& rules);

}  // namespace postern::maps
