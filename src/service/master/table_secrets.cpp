#include "service/master/table_secrets.hpp"

#include <algorithm>

#include "maps/handed_table.hpp"
#include "os/directories.hpp"
#include "os/memory_file.hpp"

namespace postern::service::master {
namespace {

// A table's name is a line of the start message, which has room for many more.
constexpr std::size_t name_octets_max = 4096;

result<secret> read_file(std::string const& path) {
  auto file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  auto content = os::read_whole(*file, secret_size_max);
  if (!content) return std::unexpected(content.error());
  return secret(std::move(*content));
}

result<os::unique_fd> read_table(std::string const& name, maps::file_reader const& read) {
  auto table = maps::open_table(name);
  if (table && (*table)->blocks()) return fail(name + " is asked by the program itself");
  auto entries = table ? (*table)->entries() : std::unexpected(table.error());
  if (!entries) return std::unexpected(entries.error());
  auto content = maps::format_handed_table(*entries, read);
  for (auto& one : *entries) wipe(one.value);  // `postmap -F` keeps keys in the table itself
  if (content.size() > secret_size_max) return fail(name + " is too large");
  return os::make_memory_file("table", content.reveal());
}

/// Values of password tables are no files.
result<secret> read_nothing(std::string const&) { return fail("no file"); }

}  // namespace

std::vector<secret_file> collect_table_secrets(privileges const& row, config::settings const& settings) {
  std::vector<secret_file> out;
  for (auto const& parameter : row.secrets) {
    for (auto const& name : settings.list(parameter)) {
      bool known = std::ranges::find(out, name, &secret_file::path) != out.end();
      if (known || name.size() > name_octets_max || name.contains('\n') || !maps::is_table_name(name)) continue;
      maps::file_reader const read = parameter == "smtp_sasl_password_maps" ? read_nothing : read_file;
      if (auto content = read_table(name, read)) out.push_back({name, std::move(*content)});
    }
  }
  return out;
}

}  // namespace postern::service::master
