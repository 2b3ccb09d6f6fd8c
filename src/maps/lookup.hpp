#pragma once
// Purpose: asking tables from code that must not wait. A decision is a plain function over what is known: where a table
//          has to be asked first (ldap:, tcp: …) the function stops and names its question; its driver fetches the
//          answer, adds it to `answers` and calls the function again from the start.
// Errors: a table that could not be asked is an answer too: the text says which and why. The decision makes 451 of it.
// Concurrency: a map_list never changes after load() and belongs to one thread; `answers` belongs to one decision.
// Limits: answers_max answers a decision, so that a table which leads from key to key for ever ends in a failure.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "maps/table.hpp"

namespace postern::maps {

struct question {
  std::string table;  ///< "ldap:/etc/postfix/users.cf"
  std::string key;
  friend auto operator<=>(question const&, question const&) = default;
};

/// No value: no such key.
using answer = result<std::optional<std::string>>;

/// What one decision has learnt so far, and what it wants to learn next.
class answers {
 public:
  static constexpr std::size_t answers_max = 1000;

  /// nullptr: not known. Then it is wanted from now on.
  answer const* find(question const& asked);
  void put(question asked, answer told);
  /// What the last run of the decision stopped at; nothing when it came to its end. Taking it clears it.
  std::optional<question> take_wanted() { return std::exchange(wanted_, std::nullopt); }

 private:
  std::map<question, answer> known_;
  std::optional<question> wanted_;
};

enum class lookup_trouble : std::uint8_t {
  pending,  ///< `answers` holds the question
  failed,   ///< the table could not be asked; `lookup_failure::text` says why
};
struct lookup_failure {
  lookup_trouble what = lookup_trouble::failed;
  std::string text;
};

/// A value and the table that had it.
struct found_value {
  std::string value;
  std::string_view table;  ///< as written in main.cf; lives as long as the map_list
};
using lookup = std::expected<std::optional<found_value>, lookup_failure>;

/// A parameter that names tables: the first that has the key answers.
class map_list {
 public:
  map_list() = default;
  /// A table that cannot be opened is a failure that names the parameter.
  static result<map_list> load(std::string_view parameter, std::vector<std::string> const& tables);
  lookup find(std::string_view key, answers& known) const;
  /// As find(), but patterns (regexp, pcre, cidr) are not asked: for the parts of an address or a name.
  lookup find_part(std::string_view key, answers& known) const;
  bool empty() const noexcept { return tables_.empty(); }
  /// Some of the tables block: find() may be pending.
  bool blocks() const;
  std::vector<std::string> names() const;

 private:
  struct one_table {
    std::string name;
    std::shared_ptr<table> opened;
  };
  lookup find_in(std::string_view key, answers& known, bool patterns) const;
  std::vector<one_table> tables_;
};

}  // namespace postern::maps
