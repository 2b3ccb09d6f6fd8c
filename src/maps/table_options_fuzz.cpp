#include <cstdlib>

#include "maps/key_template.hpp"
#include "maps/ldap_options.hpp"
#include "maps/sql_options.hpp"
#include "maps/sql_query.hpp"

// The description of a table, then behind a NUL a key. Properties: whatever can be parsed can be asked for, and no key
// adds a quotation mark to a statement that is not doubled.
namespace {

using namespace postern;
using namespace postern::maps;

result<secret> escape(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return secret(std::move(out));
}

/// What the database would make of it: does it end outside of all texts, as the template does with a plain word?
bool ends_alike(std::string_view made, std::string_view plain, bool backslashes) {
  sql::literal_reader first(backslashes);
  sql::literal_reader second(backslashes);
  for (char const c : made) first.read(c);
  for (char const c : plain) second.read(c);
  return first.where() == second.where();
}

void ask(sql_options const& options, std::string_view key, bool backslashes) {
  auto const query = sql_query::parse(options.query, backslashes);
  if (!query) return;
  auto const made = query->format(address_parts(key), escape);
  // As many parts as the key has, so that the same places are filled.
  std::string plain(key);
  for (char& c : plain) c = c == '@' || c == '.' ? c : '1';
  auto const harmless = query->format(address_parts(plain), escape);
  if (made && harmless && !ends_alike(made->reveal(), harmless->reveal(), backslashes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  auto const end = std::min(input.find('\0'), input.size());
  auto const key = input.substr(std::min(end + 1, input.size()));
  if (key.contains('\0')) return 0;
  auto const from = table_options::parse(input.substr(0, end), "f");
  if (!from) return 0;
  for (auto const* const engine : {"mysql", "pgsql", "sqlite"}) {
    auto const options = parse_sql_options(engine, *from);
    if (options) ask(*options, key, engine == std::string_view("mysql"));
  }
  if (auto const options = parse_ldap_table_options(*from)) {
    address_parts const parts(key);
    auto const same = [](std::string_view value, std::size_t) { return std::optional(std::string(value)); };
    static_cast<void>(options->query_filter.expand(parts, parts, same));
    static_cast<void>(options->search_base.expand(parts, parts, same));
  }
  return 0;
}
