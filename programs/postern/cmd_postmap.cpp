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
#include "programs/postern/short_options.hpp"

namespace postern::cli {
namespace {

using namespace maps;

constexpr int done = 0;
constexpr int failed = 1;

enum class on_duplicate { warn, replace, ignore };

struct request {
  std::string program;
  entry_format format = entry_format::postmap;
  std::string config_dir;
  std::optional<std::string> ask, remove;
  bool list = false, add = false, files = false, exact = false;
  bool own = false, plain_mode = false;
  bool want_utf8 = true, force_utf8 = false;
  message_key_options message;
  std::optional<bool> with_nul;
  on_duplicate duplicates = on_duplicate::warn;
  std::vector<std::string> tables;
  std::string host_name;
};

int fatal(request const& what, std::string_view text) {
  fmt::print(stderr, "{}: fatal: {}\n", what.program, text);
  return failed;
}

void warn(request const& what, std::string_view text) { fmt::print(stderr, "{}: warning: {}\n", what.program, text); }

int usage(request const& what) {
  bool const alias = what.format == entry_format::postalias;
  return fatal(what, fmt::format("usage: {} [-{}] [-c config_dir] [-d key] [-q key] [type:]name...", what.program,
                                 alias ? "finNoprsuvw" : "bfFhimnNoprsuUvw"));
}

int help(request const& what) {
  fmt::print(
      "usage: {0} [OPTIONS] [TYPE:]FILE...              make a table of the source FILE, whole and at once\n"
      "       {0} [OPTIONS] -q KEY [TYPE:]NAME...       ask: print the value; exit status 1: there is none\n"
      "       {0} [OPTIONS] -s [TYPE:]FILE...           list keys and values\n"
      "       {0} [OPTIONS] -i [TYPE:]FILE              add entries from standard input to a table\n"
      "       {0} [OPTIONS] -d KEY [TYPE:]FILE...       remove a key\n\n"
      "KEY may be - for one key a line from standard input. Without TYPE: it is default_database_type.\n"
      "A table can be asked whatever its type (pcre:, cidr:, mysql:, inline:{{k=v}} ...); {0} makes hash:, btree:, "
      "lmdb:, cdb:.\n"
      "texthash:, pcre:, regexp: and cidr: are read as they are: make nothing.\n\n"
      "  -r replace, -w ignore a key that is there already    -f do not fold keys to lower case\n"
      "  -F values are names of files to put in               -n, -N without, with a NUL behind keys and values\n"
      "  -o a new table is yours, not the source's owner's    -p default permissions, not the source's\n"
      "  -c CONFDIR, --dir DIR  the configuration to work with\n"
      "The rest is as in postmap(1) and postalias(1); docs/tables.md has the types.\n",
      what.program);
  return done;
}

/// False: the usage is to be shown.
bool parse_request(std::vector<std::string> const& words, request& out) {
  bool const alias = out.format == entry_format::postalias;
  short_options options(out.program, words, alias ? "c:d:finNopq:rsuvw" : "bc:d:fFhimnNopq:rsuUvw");
  while (auto const one = options.next()) {
    switch (one->letter) {
      case 'b':
        out.message.body = true;
        break;
      case 'c':
        out.config_dir = one->value;
        break;
      case 'd':
        out.remove = one->value;
        break;
      case 'f':
        out.exact = true;
        break;
      case 'F':
        out.files = true;
        break;
      case 'h':
        out.message.headers = true;
        break;
      case 'i':
        out.add = true;
        break;
      case 'm':
        out.message.mime = true;
        break;
      case 'n':
        out.with_nul = false;
        break;
      case 'N':
        out.with_nul = true;
        break;
      case 'o':
        out.own = true;
        break;
      case 'p':
        out.plain_mode = true;
        break;
      case 'q':
        out.ask = one->value;
        break;
      case 'r':
        out.duplicates = on_duplicate::replace;
        break;
      case 's':
        out.list = true;
        break;
      case 'u':
        out.want_utf8 = false;
        break;
      case 'U':
        out.force_utf8 = true;
        break;
      case 'v':
        break;
      case 'w':
        out.duplicates = on_duplicate::ignore;
        break;
      default:
        return false;
    }
  }
  out.tables = options.rest();
  return !out.tables.empty();
}

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
  int const works = (what.ask ? 1 : 0) + (what.remove ? 1 : 0) + (what.list ? 1 : 0) + (what.add ? 1 : 0);
  if (works > 1) return fatal(what, "specify only one of -d, -i, -q, -s");
  bool const message = what.message.headers || what.message.body || what.message.mime;
  if (message && what.ask != "-") return fatal(what, "specify -b -h or -m only with \"-q -\"");
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
