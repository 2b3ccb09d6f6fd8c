#include <fmt/format.h>

#include "config/postconf.hpp"
#include "config/value.hpp"

namespace postern::config {
namespace {

constexpr std::string_view introduction = R"(# Configuration parameters

Every parameter that Postern knows, made from the tables in `src/config/parameters_*.cpp`.
They are written in `main.cf` as `name = value`, or behind `-o` in `master.cf`. A time is a number with s, m, h, d or w.
`postern conf --explain NAME` tells what a parameter is set to and where.

)";

std::string format_status(support const& status) {
  switch (status.what) {
    case support::kind::implemented:
      return "";
    case support::kind::folded:
      return fmt::format("*No work to do here:* {}.\n\n", status.where);
    case support::kind::unsupported:
      return "*Not supported yet.*\n\n";
  }
  return "";
}

std::string format_row(parameter const& row) {
  auto out = fmt::format("## {}\n\n{}.\n\n", row.name, row.meaning);
  out += format_status(row.status);
  if (row.default_value.empty()) {
    out += "- default: empty, or found at run time\n";
  } else {
    out += fmt::format("- default: `` {} ``\n", row.default_value);
  }
  out += fmt::format("- type: {}\n", format_value_type(row.type));
  if (auto limits = format_bounds(row); !limits.empty()) out += fmt::format("- bounds: {}\n", limits);
  if (auto const* old = find_obsolete_name(row.name)) out += fmt::format("- obsolete: write {}\n", old->replacement);
  return out + fmt::format("- source: {}\n\n", row.source);
}

std::string format_families() {
  std::string out = "# Parameters of each transport\n\nNAME is the first column of a `master.cf` entry.\n\n";
  for (auto const& [suffix, fallback] : transport_suffixes()) {
    out += fmt::format("- `NAME{}`: default `${}`\n", suffix, fallback);
  }
  return out + "\n";
}

std::string format_obsolete() {
  std::string out = "# Obsolete names\n\n";
  for (auto const& old : obsolete_names()) out += fmt::format("- `{}`: write {}\n", old.name, old.replacement);
  return out;
}

}  // namespace

std::string format_manual() {
  std::string out(introduction);
  for (auto const& row : all_parameters()) out += format_row(row);
  return out + format_families() + format_obsolete();
}

}  // namespace postern::config
