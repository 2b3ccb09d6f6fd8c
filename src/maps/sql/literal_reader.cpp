#include "maps/sql/literal_reader.hpp"

#include <utility>

#include "base/text.hpp"

namespace postern::maps::sql {
namespace {

bool is_word(char c) { return is_ascii_alnum(c) || c == '_'; }

bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }

}  // namespace

// E'…' reads backslashes, U&'…' too.
bool literal_reader::is_prefixed() const {
  return last_ == '&' || ((last_ == 'e' || last_ == 'E') && !is_word(before_));
}

void literal_reader::read(char c) {
  if (quote_ == '\0') {
    bool const dashes = c == '-' && last_ == '-';
    // '#' begins a comment of MySQL's, '$' a text of PostgreSQL's.
    commented_ = commented_ || dashes || (c == '*' && last_ == '/') || c == (backslashes_ ? '#' : '$');
    if (is_quote(c)) {
      bool const goes_on = c == last_;  // 'it''s'
      prefixed_ = c == '\'' && (goes_on ? prefixed_ : is_prefixed());
      quote_ = c;
    }
  } else if (escaped_) {
    escaped_ = false;
  } else if (c == '\\' && (backslashes_ || prefixed_) && quote_ != '`') {
    escaped_ = true;
  } else if (c == quote_) {
    quote_ = '\0';
  }
  before_ = std::exchange(last_, c);
}

place literal_reader::where() const {
  if (commented_ || quote_ == '\0' || escaped_) return place::bare;
  if (quote_ == '"') return place::name;
  if (quote_ == '`') return place::quoted_name;
  return prefixed_ ? place::other_text : place::text;
}

}  // namespace postern::maps::sql
