#include "programs/postern/postmap_request.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include <fmt/format.h>

#include "programs/postern/short_options.hpp"

namespace postern::cli::postmap {
namespace {

struct option_row {
  char letter;
  void (*take)(request& into, std::string const& value);
};
constexpr option_row rows[] = {
    {'b', [](request& into, std::string const&) { into.message.body = true; }},
    {'c', [](request& into, std::string const& value) { into.config_dir = value; }},
    {'d', [](request& into, std::string const& value) { into.remove = value; }},
    {'f', [](request& into, std::string const&) { into.exact = true; }},
    {'F', [](request& into, std::string const&) { into.files = true; }},
    {'h', [](request& into, std::string const&) { into.message.headers = true; }},
    {'i', [](request& into, std::string const&) { into.add = true; }},
    {'m', [](request& into, std::string const&) { into.message.mime = true; }},
    {'n', [](request& into, std::string const&) { into.with_nul = false; }},
    {'N', [](request& into, std::string const&) { into.with_nul = true; }},
    {'o', [](request& into, std::string const&) { into.own = true; }},
    {'p', [](request& into, std::string const&) { into.plain_mode = true; }},
    {'q', [](request& into, std::string const& value) { into.ask = value; }},
    {'r', [](request& into, std::string const&) { into.duplicates = on_duplicate::replace; }},
    {'s', [](request& into, std::string const&) { into.list = true; }},
    {'u', [](request& into, std::string const&) { into.want_utf8 = false; }},
    {'U', [](request& into, std::string const&) { into.force_utf8 = true; }},
    {'v', [](request&, std::string const&) {}},
    {'w', [](request& into, std::string const&) { into.duplicates = on_duplicate::ignore; }},
};

}  // namespace

bool parse_request(std::vector<std::string> const& words, request& out) {
  bool const alias = out.format == maps::entry_format::postalias;
  short_options options(out.program, words, alias ? "c:d:finNopq:rsuvw" : "bc:d:fFhimnNopq:rsuUvw");
  while (auto const one = options.next()) {
    auto const* const row = std::ranges::find(rows, one->letter, &option_row::letter);
    if (row == std::end(rows)) return false;
    row->take(out, one->value);
  }
  out.tables = options.rest();
  return !out.tables.empty();
}

std::string_view find_contradiction(request const& what) {
  int const works = (what.ask ? 1 : 0) + (what.remove ? 1 : 0) + (what.list ? 1 : 0) + (what.add ? 1 : 0);
  if (works > 1) return "specify only one of -d, -i, -q, -s";
  bool const message = what.message.headers || what.message.body || what.message.mime;
  if (message && what.ask != "-") return "specify -b -h or -m only with \"-q -\"";
  return {};
}

int fatal(request const& what, std::string_view text) {
  fmt::print(stderr, "{}: fatal: {}\n", what.program, text);
  return failed;
}

void warn(request const& what, std::string_view text) { fmt::print(stderr, "{}: warning: {}\n", what.program, text); }

int usage(request const& what) {
  bool const alias = what.format == maps::entry_format::postalias;
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
      "  -c CONFDIR  the configuration to work with; `postern map` takes --dir DIR too\n"
      "The rest is as in postmap(1) and postalias(1); docs/tables.md has the types.\n",
      what.program);
  return done;
}

}  // namespace postern::cli::postmap
