#pragma once
// Purpose: `query` of mysql:, pgsql: and sqlite: tables: a key_template whose values are put into a statement.
// Layout: within '…' a value is escaped by the connection; within "…" and `…` the quotation marks are doubled.
// Limits: statement_octets_max.
// Security: outside quotation marks escaping protects nothing, so only digits are put there, and a key with anything
//           else is in no table; likewise backslashes within E'…'. Behind a comment all places count as outside.

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "maps/key_template.hpp"
#include "maps/sql/literal_reader.hpp"

namespace postern::maps {

class sql_query {
 public:
  static constexpr std::size_t statement_octets_max = 65536;
  using escaper = std::function<result<secret>(std::string_view)>;

  /// backslashes: they mean something in the database's texts.
  static result<sql_query> parse(std::string_view text, bool backslashes);
  /// Nothing: no table has such a key.
  std::optional<secret> format(address_parts const& key, escaper const& escape) const;
  bool is_fixed() const { return template_.is_fixed(); }

 private:
  std::optional<std::string> quote(std::string_view value, sql::place where, escaper const& escape) const;

  key_template template_;
  std::vector<sql::place> places_;  ///< of the template's pieces
  bool backslashes_ = false;
};

}  // namespace postern::maps
