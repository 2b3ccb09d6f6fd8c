// postmap and postalias: make, ask and change lookup tables, with the options and exit statuses of Postfix's programs;
// `postern map` is postmap. docs/tables.md lists where they differ.
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <unordered_map>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/settings.hpp"
#include "maps/entry_source.hpp"
#include "maps/source_lines.hpp"
#include "maps/table_file.hpp"
#include "maps/table_options.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/message_keys.hpp"
#include "programs/postern/postmap_request.hpp"

namespace postern::cli {
namespace {

using namespace maps;
using namespace postmap;

std::string read_input() {
  std::string out;
  std::array<char, 65536> piece{};
  while (auto got = std::fread(piece.data(), 1, piece.size(), stdin)) out.append(piece.data(), got);
  return out;
}

std::vector<std::string> input_lines() {
  std::vector<std::string> out;
  auto const text = read_input();
  for (auto line : split(text.ends_with('\n') ? std::string_view(text).substr(0, text.size() - 1) : text, '\n'))
    out.emplace_back(line);
  if (text.empty()) out.clear();
  return out;
}

result<std::string> read_named_files(std::string_view value) {
  std::string out;
  for (auto name : split_any(value, ", \t\r\n")) {
    auto text = read_source(std::string(name));
    if (!text) return std::unexpected(text.error());
    if (!out.empty()) out += '\n';
    out += *text;
  }
  return out;
}

// With -F values are base64 in the table, and what that stands for outside.
std::optional<std::string> shown_value(request const& what, std::string_view table, std::string const& value) {
  if (!what.files) return value;
  auto decoded = decode_base64(value);
  if (!decoded) warn(what, fmt::format("{}: a value is not base64, as -F has it", table));
  return decoded;
}

struct asked_table {
  std::string name;
  std::unique_ptr<table> opened;
};

result<std::vector<asked_table>> open_all(request const& what) {
  std::vector<asked_table> out;
  for (auto const& name : what.tables) {
    auto opened = open_table(name);
    if (!opened) return std::unexpected(opened.error());
    out.push_back({name, std::move(*opened)});
  }
  return out;
}

result<std::optional<std::string>> ask_tables(request const& what, std::vector<asked_table>& tables,
                                              std::string const& key) {
  for (auto& one : tables) {
    auto found = what.exact ? one.opened->find_exact(key) : one.opened->find(key);
    if (!found) return found;
    if (!*found) continue;
    if ((*found)->empty())
      warn(what, fmt::format("{}: key {}: the value is empty; leave the key out instead", one.name, printable(key)));
    if (auto shown = shown_value(what, one.name, **found)) return shown;
  }
  return std::nullopt;
}

int ask_input(request const& what, std::vector<asked_table>& tables) {
  bool const message = what.message.headers || what.message.body;
  auto const keys = message ? find_message_keys(read_input(), what.message) : input_lines();
  bool const want_utf8 = what.want_utf8 && (!message || what.force_utf8);
  int status = failed;
  for (auto const& key : keys) {
    if (want_utf8 && !is_utf8(key)) continue;
    auto found = ask_tables(what, tables, key);
    if (!found) return fatal(what, found.error().text);
    if (!*found) continue;
    fmt::print("{}\t{}\n", key, **found);
    status = done;
  }
  return status;
}

int ask(request const& what) {
  auto tables = open_all(what);
  if (!tables) return fatal(what, tables.error().text);
  if (*what.ask == "-") return ask_input(what, *tables);
  auto found = ask_tables(what, *tables, *what.ask);
  if (!found) return fatal(what, found.error().text);
  if (!*found) return failed;
  fmt::print("{}\n", **found);
  return done;
}

int list(request const& what) {
  auto tables = open_all(what);
  if (!tables) return fatal(what, tables.error().text);
  for (auto& one : *tables) {
    auto entries = one.opened->entries();
    if (!entries) return fatal(what, entries.error().text);
    for (auto const& [key, value] : *entries) {
      auto shown = shown_value(what, one.name, value);
      if (shown) fmt::print("{}{}\t{}\n", key, what.format == entry_format::postalias ? ":" : "", *shown);
    }
  }
  return done;
}

struct made_table {
  table_file_type const* type;
  std::string name;
  table_file_options options;
};

result<made_table> find_made(request const& what, std::string const& table) {
  auto colon = table.find(':');
  auto const* type = find_table_file_type(table.substr(0, colon));
  if (type == nullptr)
    return fail(fmt::format("{}: a table of this type cannot be made; {} can", table, writable_types()));
  made_table out{type, table.substr(colon + 1), {what.with_nul, 0644, std::nullopt}};
  struct stat source{};
  if (::stat(out.name.c_str(), &source) != 0) return out;
  if (!what.plain_mode) out.options.mode = 0600 | (source.st_mode & 0044);
  if (!what.own) out.options.owner = os::ownership{source.st_uid, source.st_gid};
  return out;
}

// Entries by their keys, in the order in which they came.
class entry_set {
 public:
  explicit entry_set(std::vector<entry>& entries) : entries_(entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) places_.emplace(entries[i].key, i);
  }
  void add(request const& what, std::string_view where, std::string key, std::string value) {
    auto [place, is_new] = places_.try_emplace(key, entries_.size());
    if (is_new) {
      entries_.push_back({std::move(key), std::move(value)});
    } else if (what.duplicates == on_duplicate::replace) {
      entries_[place->second].value = std::move(value);
    } else if (what.duplicates == on_duplicate::warn) {
      warn(what, fmt::format("{}: \"{}\" is there already; the first one counts", where, printable(key)));
    }
  }

 private:
  std::vector<entry>& entries_;
  std::unordered_map<std::string, std::size_t> places_;
};

void add_source(request const& what, std::string_view text, std::string const& file, std::vector<entry>& entries) {
  auto reading = parse_entries(text, file, what.format, what.want_utf8);
  for (auto const& remark : reading.remarks) warn(what, remark);
  entry_set set(entries);
  for (auto& one : reading.entries) {
    auto where = fmt::format("{}, line {}", file, one.line);
    if (what.files) {
      auto content = read_named_files(one.value);
      if (!content) {
        warn(what, fmt::format("{}: {}; skipping the entry", where, content.error().text));
        continue;
      }
      one.value = encode_base64(*content);
    }
    set.add(what, where, what.exact ? one.key : lowercase(one.key), std::move(one.value));
  }
  if (what.format != entry_format::postalias || what.add) return;
  // What sendmail and NIS look for in an alias file.
  set.add(what, file, "@", "@");
  set.add(what, file, "YP_LAST_MODIFIED", std::to_string(std::time(nullptr)));
  set.add(what, file, "YP_MASTER_NAME", what.host_name);
}

int create(request const& what) {
  for (auto const& table : what.tables) {
    auto made = find_made(what, table);
    if (!made) return fatal(what, made.error().text);
    auto text = read_source(made->name);
    if (!text) return fatal(what, text.error().text);
    std::vector<entry> entries;
    add_source(what, *text, made->name, entries);
    auto written = write_table_file(*made->type, made->name, entries, made->options);
    if (!written) return fatal(what, fmt::format("{}: {}", table, written.error().text));
  }
  return done;
}

int add(request const& what) {
  auto const text = read_input();
  for (auto const& table : what.tables) {
    auto made = find_made(what, table);
    if (!made) return fatal(what, made.error().text);
    auto changed = change_table_file(*made->type, made->name, made->options, [&](std::vector<entry>& entries) {
      add_source(what, text, "stdin", entries);
      return true;
    });
    if (!changed) return fatal(what, fmt::format("{}: {}", table, changed.error().text));
  }
  return done;
}

int remove(request const& what) {
  std::vector<std::string> keys{*what.remove};
  if (*what.remove == "-") keys = input_lines();
  int status = failed;
  for (auto const& table : what.tables) {
    auto made = find_made(what, table);
    if (!made) return fatal(what, made.error().text);
    auto changed = change_table_file(*made->type, made->name, made->options, [&](std::vector<entry>& entries) {
      std::unordered_map<std::string, bool> gone;
      for (auto const& key : keys) gone.emplace(what.exact ? key : lowercase(key), true);
      return std::erase_if(entries, [&](entry const& one) { return gone.contains(one.key); }) > 0;
    });
    if (!changed) return fatal(what, fmt::format("{}: {}", table, changed.error().text));
    if (*changed) status = done;
  }
  return status;
}

int run(command_line const& line, std::string program, entry_format format) {
  request what;
  what.program = std::move(program);
  what.format = format;
  what.config_dir = line.config_dir;
  if (!line.args.empty() && (line.args[0] == "--help" || line.args[0] == "help")) return help(what);
  if (!parse_request(line.args, what)) return usage(what);
  if (auto const why = find_contradiction(what); !why.empty()) return fatal(what, why);
  auto settings = config::settings::load({.config_dir = what.config_dir,
                                          .private_dir = line.dir,
                                          .main_cf_may_be_missing = true,
                                          .tolerate_errors = true,
                                          .program = what.program});
  if (!settings) return fatal(what, settings.error().text);
  use_main_cf(*settings);
  what.want_utf8 = what.want_utf8 && settings->boolean("smtputf8_enable");
  what.host_name = settings->text("myhostname");
  for (auto& table : what.tables) {
    if (!table.contains(':')) table = fmt::format("{}:{}", settings->text("default_database_type"), table);
  }
  log::set_sink(
      [name = what.program](log::level, std::string_view text) { fmt::print(stderr, "{}: {}\n", name, text); });
  if (what.ask) return ask(what);
  if (what.list) return list(what);
  if (what.remove) return remove(what);
  return what.add ? add(what) : create(what);
}

}  // namespace

int cmd_postmap(command_line const& line) { return run(line, "postmap", entry_format::postmap); }

int cmd_postalias(command_line const& line) { return run(line, "postalias", entry_format::postalias); }

}  // namespace postern::cli
