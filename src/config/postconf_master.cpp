#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/postconf.hpp"

namespace postern::config {
namespace {

constexpr std::array<std::size_t, 8> columns{0, 11, 17, 25, 33, 41, 49, 57};
constexpr std::size_t command_column = 7;
constexpr std::size_t line_limit = 80;
constexpr std::string_view indent = "    ";

std::string format_option(service_option const& option) {
  if (!option.is_override) {
    bool const spaced = option.text.find_first_of(" \t") != std::string::npos && !option.text.starts_with('{');
    return spaced ? "{" + option.text + "}" : option.text;
  }
  auto pair = option.name + "=" + option.text;
  return pair.find_first_of(" \t") == std::string::npos ? "-o " + pair : "-o {" + pair + "}";
}

struct request {
  std::string_view service = "*";
  std::string_view type = "*";
  std::string_view part = "*";  ///< field or parameter name
};

request parse_request(std::string_view text) {
  auto pieces = split(text, '/');
  request out;
  out.service = pieces[0];
  if (pieces.size() > 1) out.type = pieces[1];
  if (pieces.size() > 2) out.part = pieces[2];
  return out;
}

bool matches(std::string_view pattern, std::string_view name) { return pattern == "*" || pattern == name; }

/// One line of -F or -P.
std::string format_line(postconf_options const& options, std::vector<std::string> const& words, std::string_view part,
                        std::string_view value) {
  auto const shown = collapse_spaces(value);
  if (options.hide_names) return shown + "\n";
  auto const name = fmt::format("{}/{}/{}", words[0], words[1], part);
  if (options.only_names) return name + "\n";
  return name + " =" + (shown.empty() ? "" : " ") + shown + "\n";
}

/// The settings that a service runs with: its own -o over main.cf.
settings service_settings(settings const& configured, service_entry const& service) {
  auto overrides = service.overrides;
  overrides.push_back({"service_name", service.name, service.where});
  return configured.with(overrides);
}

std::vector<service_option> expanded_options(postconf_options const& options, settings const& configured,
                                             service_entry const& service) {
  auto parsed = parse_service_options(service.fields);
  if (!options.expand) return parsed;
  auto const own = service_settings(configured, service);
  for (auto& option : parsed) {
    if (option.is_override) option.text = own.expand(option.text).value_or(option.text);
  }
  return parsed;
}

std::string join_command(std::string const& command, std::vector<service_option> const& options) {
  auto out = command;
  for (auto const& option : options) out += " " + format_option(option);
  return out;
}

class master_cf_printer {
 public:
  master_cf_printer(postconf_options const& options, settings const& configured, std::string& out)
      : options_(options), configured_(configured), out_(out) {}

  /// Prints what the request asks of one service; false when it has nothing of it.
  bool print(service_entry const& service, request const& wanted) {
    if (!matches_service(service.fields, wanted.service, wanted.type)) return false;
    switch (options_.about) {
      case postconf_options::subject::services:
        return print_service(service);
      case postconf_options::subject::fields:
        return print_fields(service, wanted.part);
      default:
        return print_parameters(service, wanted.part);
    }
  }

 private:
  bool print_service(service_entry const& service) {
    std::vector<std::string> words(service.fields.begin(), service.fields.begin() + command_column + 1);
    for (auto const& option : expanded_options(options_, configured_, service)) {
      if (option.is_override) words.emplace_back("-o");
      words.push_back(option.is_override ? format_option(option).substr(3) : format_option(option));
    }
    out_ += format_service(words, options_.fold);
    return true;
  }

  bool print_fields(service_entry const& service, std::string_view wanted) {
    for (std::size_t i = 0; i <= command_column; ++i) {
      if (!matches(wanted, service_field_names[i])) continue;
      auto value = service.fields[i];
      if (i == command_column) value = join_command(value, expanded_options(options_, configured_, service));
      out_ += format_line(options_, service.fields, service_field_names[i], value);
    }
    return true;
  }

  bool print_parameters(service_entry const& service, std::string_view wanted) {
    std::map<std::string, std::string> sorted;
    for (auto const& option : expanded_options(options_, configured_, service)) {
      if (option.is_override && matches(wanted, option.name)) sorted[option.name] = option.text;
    }
    for (auto const& [name, value] : sorted) out_ += format_line(options_, service.fields, name, value);
    return !sorted.empty();
  }

  postconf_options const& options_;
  settings const& configured_;
  std::string& out_;
};

}  // namespace

bool matches_service(std::vector<std::string> const& words, std::string_view name, std::string_view type) {
  return matches(name, words[0]) && matches(type, words[1]);
}

std::vector<service_option> parse_service_options(std::vector<std::string> const& words) {
  std::vector<service_option> out;
  bool options_may_follow = true;
  auto bare = [](std::string_view word) {
    if (word.size() > 1 && word.starts_with('{') && word.ends_with('}')) return trim(word.substr(1, word.size() - 2));
    return word;
  };
  for (std::size_t at = command_column + 1; at < words.size(); ++at) {
    std::string_view const word = words[at];
    if (!options_may_follow || !word.starts_with("-o")) {
      if (!bare(word).starts_with('-')) options_may_follow = false;
      out.push_back({false, {}, std::string(word)});
      continue;
    }
    auto value = word.substr(2);
    if (value.empty() && at + 1 < words.size()) value = words[++at];
    auto entry = parse_entry(bare(value));
    out.push_back(entry ? service_option{true, entry->name, entry->value}
                        : service_option{false, {}, std::string(word)});
  }
  return out;
}

std::string format_service(std::vector<std::string> const& words, bool fold) {
  std::string line;
  for (std::size_t i = 0; i <= command_column; ++i) {
    if (i > 0) line.append(line.size() < columns[i] ? columns[i] - line.size() : 1, ' ');
    line += words[i];
  }
  std::string out;
  auto put = [&](std::string_view text, bool own_line) {
    bool const wraps = own_line || line.size() + 1 + text.size() >= line_limit;
    if (fold && wraps && line != indent) {
      out += line + "\n";
      line = indent;
    } else {
      line += ' ';
    }
    line += text;
  };
  bool after_override = false;
  for (auto const& option : parse_service_options(words)) {
    put(format_option(option), option.is_override || after_override);
    after_override = option.is_override;
  }
  return out + line + "\n";
}

result<> show_master_cf(postconf_options const& options, settings const& configured, master_cf const& services,
                        postconf_output& out) {
  master_cf_printer printer(options, configured, out.out);
  auto operands = options.operands;
  bool const all = operands.empty();
  if (all) operands.emplace_back("*/*/*");
  for (auto const& operand : operands) {
    auto const wanted = parse_request(operand);
    bool const field_known =
        wanted.part == "*" || std::ranges::find(service_field_names, wanted.part) != service_field_names.end();
    if (options.about == postconf_options::subject::fields && !field_known) {
      return fail(fmt::format("invalid service attribute name: \"{}\"", printable(wanted.part, 80)));
    }
    bool found = false;
    for (auto const& service : services.services) found = printer.print(service, wanted) || found;
    if (!found && !all)
      out.err += fmt::format("postconf: warning: unmatched request: \"{}\"\n", printable(operand, 80));
  }
  return {};
}

}  // namespace postern::config
