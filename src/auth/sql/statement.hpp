#pragma once
// Purpose: sql_select, sql_insert and sql_update of smtpd.conf: text with %u, %r, %p, %v in it.
// Security: every value is escaped by the connection that will run the statement, %v too (CVE-2022-24407). That is
//           enough within '…' and nowhere else, so a statement that has them elsewhere is refused; %p is a word of
//           ours and may stand where a column's name stands. A value with a NUL never gets here.
// Limits: statement_octets_max.

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth::sql {

inline constexpr std::size_t statement_octets_max = 65536;

struct statement_values {
  std::string_view user;
  std::string_view realm;
  std::string_view property;
  std::string_view value;
};

/// Is what is to be run every time as it should be? The failure names the part that is not.
result<> check_statement(std::string_view text, bool with_value);
/// Does it ask for each property by its name?
bool names_property(std::string_view text);

/// A statement with a password in it is a secret.
result<secret> format_statement(std::string_view text, statement_values const& values,
                                std::function<result<secret>(std::string_view)> const& escape);

}  // namespace postern::auth::sql
