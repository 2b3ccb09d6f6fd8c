// The sources of lookup tables: whatever stands in them is read or refused, and asking is safe; entries do not depend
// on how often the text is read. The first octet chooses the format.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "maps/entry_source.hpp"
#include "maps/required_literals.hpp"
#include "maps/source_lines.hpp"
#include "maps/table.hpp"

namespace {

using namespace postern::maps;

void ask(std::string_view type, std::string_view rules) {
  std::string name = std::string(type) + ":{";
  for (auto const& line : parse_source_lines(rules)) name += "{" + line.text + "} ";
  auto table = open_table(name + "}");
  if (!table) return;
  for (auto const* key : {"", "abc", "user+x@example.com", "192.0.2.1", "2001:db8::1", "\xc5\xbf\xff"})
    (void)(*table)->find(key);
}

void read_entries(std::string_view text, entry_format format) {
  auto one = parse_entries(text, "file", format, false);
  auto strict = parse_entries(text, "file", format, true);
  if (strict.entries.size() > one.entries.size()) std::abort();
  for (auto const& entry : one.entries) {
    if (entry.key.empty() && format == entry_format::postmap) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  postern::log::set_sink([](postern::log::level, std::string_view) {});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<char const*>(data) + 1, size - 1);
  switch (*data % 5) {
    case 0:
      ask("pcre", text);
      break;
    case 1:
      (void)find_required_literals(text, expression_dialect::posix);
      (void)find_required_literals(text, expression_dialect::perl);
      break;
    case 2:
      ask("cidr", text);
      break;
    case 3:
      read_entries(text, entry_format::postmap);
      break;
    default:
      read_entries(text, entry_format::postalias);
      break;
  }
  return 0;
}
