#pragma once
// Purpose: the inside of a settings object, shared by settings.cpp, which builds and reads it, and diagnose.cpp.
// Concurrency: written only while it is built, but for the facts about the host, which are asked for once under a lock.

#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "config/settings.hpp"

namespace postern::config {

struct set_value {
  std::string raw;
  origin where;
};

using value_map = std::map<std::string, set_value, std::less<>>;

struct settings::state {
  load_request request;
  std::string main_cf_path;
  value_map values;                                    ///< all that is set, by name
  std::vector<main_cf_entry> entries;                  ///< of main.cf
  std::set<std::string, std::less<>> master_cf_names;  ///< what master.cf refers to with $
  std::vector<diagnostic> problems;

  std::optional<std::string> lookup(std::string_view name) const;
  std::optional<std::string> default_of(std::string_view name) const;
  result<std::string> expanded(std::string_view text) const;

 private:
  std::optional<std::string> detected(std::string_view name) const;
  host_facts const& host() const;
  mutable std::once_flag host_once_;
  mutable host_facts host_;
};

/// The row that governs a name, its own or that of its transport suffix; nullptr when there is none.
parameter const* find_governing_row(std::string_view name);

/// Everything worth saying about the values, in the order of the file.
struct diagnose_input {
  settings const& configured;
  value_map const& values;
  std::vector<main_cf_entry> const& entries;
  std::set<std::string, std::less<>> const& master_cf_names;
  std::string const& main_cf_path;
};
std::vector<diagnostic> diagnose_values(diagnose_input const& input);

/// The same for some values only: what master.cf's `-o` sets.
std::vector<diagnostic> diagnose_overrides(diagnose_input const& input, std::vector<override_value> const& overrides);

}  // namespace postern::config
