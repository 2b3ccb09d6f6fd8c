#include "service/privileges.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"
#include "maps/table.hpp"

#include "privileges_table.hpp"

namespace postern::service {
namespace {

constexpr std::size_t column_count = 10;
using columns = std::array<std::string_view, column_count>;

std::optional<columns> split_columns(std::string_view line) {
  auto pieces = split(line, '|');
  if (pieces.size() != column_count) return std::nullopt;
  columns out;
  std::ranges::transform(pieces, out.begin(), [](std::string_view piece) { return trim(piece); });
  return out;
}

std::vector<std::string> words(std::string_view column) {
  if (column == "-") return {};
  auto pieces = split_any(column, " \t");
  return {pieces.begin(), pieces.end()};
}

result<process_count> parse_process_count(std::string_view word) {
  if (word == "one") return process_count::one;
  if (word == "asked") return process_count::asked;
  if (word == "sole") return process_count::sole;
  if (word == "cores") return process_count::cores;
  return fail("processes is one, asked, sole or cores, not \"" + std::string(word) + "\"");
}

result<os::tcp_rules> parse_tcp(std::string_view column) {
  os::tcp_rules rules;
  if (column == "any") rules.any = true;
  if (column == "any" || column == "none") return rules;
  for (auto word : split_any(column, " \t")) {
    auto port = parse_unsigned(word);
    if (!port || *port == 0 || *port > 65535)
      return fail("tcp is none, any or ports, not \"" + std::string(word) + "\"");
    rules.connect_ports.push_back(static_cast<std::uint16_t>(*port));
  }
  return rules;
}

result<std::vector<os::syscall_set>> parse_sets(std::string_view column) {
  std::vector<os::syscall_set> sets;
  for (auto const& word : words(column)) {
    auto set = os::find_syscall_set(word);
    if (!set) return fail("unknown set of system calls \"" + word + "\"");
    sets.push_back(*set);
  }
  return sets;
}

result<> parse_user(std::string_view column, privileges& to) {
  auto const named = words(column);
  auto who = named.empty() ? std::string() : named.front();
  to.user_root = who == "root";
  if (!to.user_root && who != "mail") return fail("user is root or mail, not \"" + std::string(column) + "\"");
  for (auto const& word : std::span(named).subspan(1)) {
    auto capability = os::find_capability(word);
    if (!to.user_root || !capability) return fail("\"" + word + "\" is no capability that user root may keep");
    to.capabilities = to.capabilities.value_or(0) | *capability;
  }
  return {};
}

result<privileges> parse_row(std::string_view line) {
  auto found = split_columns(line);
  if (!found) return fail("a row has " + std::to_string(column_count) + " columns between '|'");
  auto const& [program, user, processes, listens, connects, reads, writes, secrets, tcp, seccomp] = *found;
  auto count = parse_process_count(processes);
  if (!count) return std::unexpected(count.error());
  auto ports = parse_tcp(tcp);
  if (!ports) return std::unexpected(ports.error());
  auto sets = parse_sets(seccomp);
  if (!sets) return std::unexpected(sets.error());
  privileges row{.program = std::string(program),
                 .processes = *count,
                 .listens = words(listens),
                 .connects = words(connects),
                 .reads = words(reads),
                 .writes = words(writes),
                 .secrets = words(secrets),
                 .tcp = *ports,
                 .syscalls = *sets};
  if (auto whose = parse_user(user, row); !whose) return std::unexpected(whose.error());
  return row;
}

void add_path(std::vector<std::string>& to, std::string_view word) {
  if (word.starts_with('/')) {
    to.emplace_back(word);
    return;
  }
  os::sandbox_rules of_table;
  maps::ask_for_table(word, of_table);
  std::ranges::move(of_table.readable, std::back_inserter(to));
}

/// The words of a list, or the whole of any other value, which may have spaces in it.
std::vector<std::string> values_of(std::string_view name, config::settings const& settings) {
  auto const* parameter = config::find_parameter(name);
  if (parameter != nullptr && parameter->type == config::value_type::list) return settings.list(name);
  auto whole = settings.text(name);
  return whole.starts_with('/') ? std::vector{whole} : settings.list(name);
}

}  // namespace

result<std::vector<privileges>> parse_privileges(std::string_view table) {
  std::vector<privileges> rows;
  unsigned number = 0;
  for (auto line : split(table, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto row = parse_row(line);
    if (!row) return fail("PRIVILEGES line " + std::to_string(number) + ": " + row.error().text);
    rows.push_back(std::move(*row));
  }
  return rows;
}

std::span<privileges const> all_privileges() {
  static auto const rows = [] {
    auto parsed = parse_privileges(privileges_table);
    if (!parsed) {
      std::fprintf(stderr, "%s\n", parsed.error().text.c_str());
      std::abort();
    }
    return std::move(*parsed);
  }();
  return rows;
}

privileges const* find_privileges(std::string_view program) {
  auto rows = all_privileges();
  auto row = std::ranges::find(rows, program, &privileges::program);
  return row == rows.end() ? nullptr : &*row;
}

std::vector<std::string> expand_paths(std::span<std::string const> words, config::settings const& settings) {
  std::vector<std::string> paths;
  for (auto const& word : words) {
    if (word.starts_with('$')) {
      for (auto const& value : values_of(word.substr(1), settings)) add_path(paths, value);
    } else {
      add_path(paths, word);
    }
  }
  return paths;
}

os::sandbox_rules make_sandbox_rules(privileges const& row, config::settings const& settings) {
  return {row.syscalls, expand_paths(row.reads, settings), expand_paths(row.writes, settings), row.tcp};
}

std::vector<std::string> list_secret_files(privileges const& row, config::settings const& settings) {
  std::vector<std::string> files;
  for (auto const& name : row.secrets) {
    for (auto const& path : values_of(name, settings)) {
      if (path.starts_with('/') && std::ranges::find(files, path) == files.end()) files.push_back(path);
    }
  }
  return files;
}

}  // namespace postern::service
