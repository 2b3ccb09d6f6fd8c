#include "auth/sql/statement.hpp"

#include <utility>

#include <fmt/format.h>

#include "maps/sql/literal_reader.hpp"

namespace postern::auth::sql {
namespace {

constexpr std::string_view fields = "urpv";

}  // namespace

bool names_property(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 2)) {
    if (text.substr(at).starts_with("%p")) return true;
  }
  return false;
}

result<> check_statement(std::string_view text, bool with_value) {
  maps::sql::literal_reader reader;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      reader.read(text[at]);
      continue;
    }
    char const field = ++at < text.size() ? text[at] : ' ';
    if (field == '%') continue;
    if (fields.find(field) == std::string_view::npos) return fail("% stands before none of u, r, p, v, %");
    if (field == 'v' && !with_value) return fail("%v has no meaning in sql_select");
    if (field != 'p' && reader.where() != maps::sql::place::text) {
      return fail(fmt::format("%{} does not stand between plain single quotes: write '%{}'", field, field));
    }
  }
  return {};
}

result<secret> format_statement(std::string_view text, statement_values const& values,
                                std::function<result<secret>(std::string_view)> const& escape) {
  std::string out;
  out.reserve(statement_octets_max);  // no reallocation leaves a copy behind
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    std::string_view value;
    switch (text[++i]) {
      case 'u':
        value = values.user;
        break;
      case 'r':
        value = values.realm;
        break;
      case 'p':
        value = values.property;
        break;
      case 'v':
        value = values.value;
        break;
      default:
        out += text[i];
        continue;
    }
    if (value.find('\0') != std::string_view::npos) return fail("a NUL cannot be asked for");
    auto const escaped = escape(value);
    if (!escaped) return escaped;
    if (out.size() + escaped->size() > statement_octets_max) return fail("the statement would be too long");
    out += escaped->reveal();
  }
  return secret(std::move(out));
}

}  // namespace postern::auth::sql
