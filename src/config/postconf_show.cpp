#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/postconf.hpp"
#include "config/value.hpp"

namespace postern::config {
namespace {

constexpr std::size_t fold_column = 80;
constexpr std::string_view fold_indent = "    ";

// Programs of master.cf whose services have parameters of their own.
constexpr std::array transports{"error", "lmtp", "local", "pipe", "smtp", "virtual"};
constexpr std::string_view time_limit_suffix = "_time_limit";

bool has_transport_parameter(service_entry const& service, std::string_view suffix) {
  bool const runs_commands = service.command == "pipe" || service.command == "spawn";
  if (suffix == time_limit_suffix) return runs_commands;
  return std::ranges::find(transports, service.command) != transports.end();
}

std::set<std::string> transport_names(master_cf const& services) {
  std::set<std::string> names;
  for (auto const& service : services.services) {
    for (auto const& [suffix, fallback] : transport_suffixes()) {
      if (!has_transport_parameter(service, suffix)) continue;
      auto name = service.name + std::string(suffix);
      if (find_parameter(name) == nullptr) names.insert(std::move(name));
    }
  }
  return names;
}

/// User-defined parameters that something refers to; the others are only complained about.
std::set<std::string> user_names(settings const& configured) {
  std::set<std::string> names;
  std::set<std::string, std::less<>> unused;
  for (auto const& problem : configured.diagnostics()) {
    bool const is_unused =
        problem.text.starts_with("unused parameter") || problem.text.starts_with("unknown parameter");
    if (is_unused) unused.insert(problem.name);
  }
  for (auto const& entry : configured.main_cf_entries()) {
    bool const declared = find_parameter(entry.name) != nullptr;
    bool const transport = find_transport_parameter(entry.name).fallback != nullptr;
    if (!declared && !transport && !unused.contains(entry.name)) names.insert(entry.name);
  }
  return names;
}

std::string fold(std::string const& line) {
  std::string out;
  std::size_t width = 0;
  for (auto word : split_any(line, " ")) {
    bool const first = out.empty();
    if (!first && width + 1 + word.size() >= fold_column) {
      out.append("\n").append(fold_indent);
      width = fold_indent.size();
    } else if (!first) {
      out += ' ';
      ++width;
    }
    out += word;
    width += word.size();
  }
  return out;
}

class main_cf_printer {
 public:
  main_cf_printer(postconf_options const& options, settings const& configured, std::string& out)
      : options_(options), configured_(configured), out_(out) {}

  result<> print(std::string const& name) {
    auto value = options_.defaults ? configured_.find_default(name) : configured_.find_raw(name);
    auto text = value.value_or("");
    auto const* row = find_parameter(name);
    if (options_.expand && (row == nullptr || row->type != value_type::raw)) {
      auto expanded = configured_.expand(text);
      if (!expanded) return fail(fmt::format("{}: {}", name, expanded.error().text));
      text = *expanded;
    }
    auto const shown = collapse_spaces(text);
    std::string line;
    if (options_.only_names) {
      line = name;
    } else if (options_.hide_names) {
      line = shown;
    } else {
      line = name + " =" + (shown.empty() ? "" : " ") + shown;
    }
    out_ += (options_.fold ? fold(line) : line) + "\n";
    return {};
  }

 private:
  postconf_options const& options_;
  settings const& configured_;
  std::string& out_;
};

/// config_directory counts as set because -c or the environment set it.
bool counts_as_set(settings const& configured, std::string_view name) {
  return configured.is_set(name) || name == "config_directory";
}

}  // namespace

result<> show_main_cf(postconf_options const& options, settings const& configured, master_cf const& services,
                      postconf_output& out) {
  std::set<std::string> known = transport_names(services);
  for (auto const& row : all_parameters()) known.emplace(row.name);
  if (!options.defaults) known.merge(user_names(configured));
  for (auto const& extra : options.overrides) {
    if (find_parameter(extra.name) != nullptr) known.insert(extra.name);
  }
  bool const all = options.operands.empty();
  std::vector<std::string> names(known.begin(), known.end());
  if (!all) names = options.operands;

  main_cf_printer printer(options, configured, out.out);
  for (auto const& name : names) {
    if (!known.contains(name)) {
      out.err += fmt::format("postconf: warning: {}: unknown parameter\n", printable(name, 80));
      continue;
    }
    if (options.only_set && !counts_as_set(configured, name)) continue;
    if (auto done = printer.print(name); !done) return done;
  }
  return {};
}

std::string format_explanation(settings const& configured, std::string_view name) {
  auto const* row = find_parameter(name);
  auto const transport = find_transport_parameter(name);
  auto const* governing = row != nullptr ? row : transport.fallback;
  auto const* old = find_obsolete_name(name);
  if (governing == nullptr && old == nullptr && !configured.is_set(name)) return {};

  auto raw = configured.find_raw(name).value_or("");
  std::string out = fmt::format("{} = {}\n", name, collapse_spaces(raw));
  auto add = [&out](std::string_view label, std::string_view text) {
    if (!text.empty()) out += fmt::format("  {:<9} {}\n", label, text);
  };
  auto expanded = configured.expand(raw);
  bool const literal = governing != nullptr && governing->type == value_type::raw;
  if (!literal && expanded && trim(*expanded) != trim(raw)) add("expanded", collapse_spaces(*expanded));
  add("from", configured.where(name).text());
  if (governing == nullptr) {
    add("meaning", old != nullptr ? "a name that is no longer used" : "defined by the user");
  } else {
    if (configured.is_set(name)) add("default", configured.find_default(name).value_or(""));
    add("meaning", governing->meaning);
    add("type", format_value_type(governing->type));
    add("bounds", format_bounds(*governing));
    add("source", governing->source);
    switch (governing->status.what) {
      case support::kind::implemented:
        add("status", "implemented");
        break;
      case support::kind::unsupported:
        add("status", "not supported yet");
        break;
      case support::kind::folded:
        add("status", fmt::format("no work to do here: {}", governing->status.where));
        break;
    }
  }
  if (old != nullptr) add("obsolete", fmt::format("write {}", old->replacement));
  for (auto const& problem : configured.diagnostics()) {
    if (problem.name == name && problem.level != severity::note) add("problem", problem.line());
  }
  return out;
}

}  // namespace postern::config
