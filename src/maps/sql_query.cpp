#include "maps/sql_query.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::maps {
namespace {

std::string double_quotes(std::string_view value, char quote) {
  std::string out;
  for (char const c : value) out.append(c == quote ? 2 : 1, c);
  return out;
}

std::optional<std::string> escaped_text(std::string_view value, sql_query::escaper const& escape) {
  auto const escaped = escape(value);
  if (!escaped) return std::nullopt;
  return std::string(escaped->reveal());
}

}  // namespace

result<sql_query> sql_query::parse(std::string_view text, bool backslashes) {
  auto parsed = key_template::parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  sql_query out;
  out.template_ = std::move(*parsed);
  out.backslashes_ = backslashes;
  sql::literal_reader reader(backslashes);
  for (auto const& piece : out.template_.pieces()) {
    for (char const c : piece.text) reader.read(c);
    out.places_.push_back(reader.where());
  }
  return out;
}

std::optional<std::string> sql_query::quote(std::string_view value, sql::place where, escaper const& escape) const {
  switch (where) {
    case sql::place::text:
      return escaped_text(value, escape);
    case sql::place::other_text:
      return value.contains('\\') ? std::nullopt : escaped_text(value, escape);
    case sql::place::quoted_name:
      return double_quotes(value, '`');
    case sql::place::name:
      break;
    case sql::place::bare:
      return std::ranges::all_of(value, is_ascii_digit) ? std::optional(std::string(value)) : std::nullopt;
  }
  if (!backslashes_) return double_quotes(value, '"');
  // MySQL takes it for a text or for a name, as its mode says: right for both.
  std::string out;
  for (auto const part : split(value, '"')) {
    auto const escaped = escaped_text(part, escape);
    if (!escaped) return std::nullopt;
    if (part.data() != value.data()) out += "\"\"";
    out += *escaped;
  }
  return out;
}

std::optional<secret> sql_query::format(address_parts const& key, escaper const& escape) const {
  auto made = template_.expand(
      key, key, [&](std::string_view value, std::size_t piece) { return quote(value, places_[piece], escape); });
  if (!made || made->size() > statement_octets_max) return std::nullopt;
  return secret(std::move(*made));
}

}  // namespace postern::maps
