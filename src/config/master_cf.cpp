#include "config/master_cf.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/expand.hpp"

namespace postern::config {
namespace {

constexpr std::array column_names{"service", "type",   "private",       "unprivileged",
                                  "chroot",  "wakeup", "process_limit", "command"};
constexpr std::size_t command_column = 7;

struct named_type {
  std::string_view name;
  service_type type;
};
constexpr std::array types{named_type{"inet", service_type::inet}, named_type{"unix", service_type::unix_socket},
                           named_type{"fifo", service_type::fifo}, named_type{"pass", service_type::pass},
                           named_type{"unix-dgram", service_type::unix_datagram}};

/// The word at the front, "{ … }" kept together with its braces; empty at the end of the line.
std::string_view take_word(std::string_view& line) {
  while (!line.empty() && is_ascii_space(line.front())) line.remove_prefix(1);
  std::size_t end = 0;
  unsigned level = 0;
  for (; end < line.size() && (level > 0 || !is_ascii_space(line[end])); ++end) {
    if (line[end] == '{') ++level;
    if (line[end] == '}' && level > 0) --level;
  }
  auto word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::string_view without_braces(std::string_view word) {
  if (word.starts_with('{') && word.ends_with('}') && word.size() > 1) return trim(word.substr(1, word.size() - 2));
  return word;
}

/// One line on its way into a service_entry; the first error wins.
class entry_reader {
 public:
  entry_reader(settings const& base, origin where) : base_(base) { entry_.where = std::move(where); }

  result<service_entry> read(std::string_view line) {
    for (std::size_t column = 0; column <= command_column; ++column) {
      auto word = column < command_column ? take_plain_word(line) : take_word(line);
      if (word.empty()) return fail(fmt::format("the {} column is missing", column_names[column]));
      entry_.fields.emplace_back(word);
    }
    auto const& fields = entry_.fields;
    entry_.name = fields[0];
    entry_.command = fields[command_column];
    for (auto const& step : {read_type(fields[1]), read_flags(), read_wakeup(fields[5]), read_limit(fields[6]),
                             read_address(), read_arguments(line)}) {
      if (!step) return std::unexpected(step.error());
    }
    entry_.who = decide_disposition(entry_.command);
    return std::move(entry_);
  }

 private:
  static std::string_view take_plain_word(std::string_view& line) {
    line = line.substr(std::min(line.find_first_not_of(" \t\r"), line.size()));
    auto word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    return word;
  }

  result<> read_type(std::string_view word) {
    auto found = std::ranges::find(types, word, &named_type::name);
    if (found == types.end()) return fail(fmt::format("\"{}\" is no service type", printable(word, 40)));
    entry_.type = found->type;
    return {};
  }

  result<> read_flag(std::size_t column, bool if_dash, bool& out) {
    auto const& word = entry_.fields[column];
    if (word != "y" && word != "n" && word != "-") {
      return fail(fmt::format("the {} column is \"{}\", not y, n or -", column_names[column], printable(word, 40)));
    }
    out = word == "-" ? if_dash : word == "y";
    return {};
  }

  result<> read_flags() {
    // Before compatibility level 1 every service was put into a chroot unless master.cf said otherwise.
    auto const level = compare_levels(base_.text("compatibility_level"), "1");
    for (auto const& step :
         {read_flag(2, entry_.type != service_type::inet, entry_.is_private), read_flag(3, true, entry_.unprivileged),
          read_flag(4, level && *level < 0, entry_.chroot)}) {
      if (!step) return step;
    }
    if (entry_.type == service_type::inet && entry_.is_private) return fail("an inet service cannot be private");
    return {};
  }

  result<> read_wakeup(std::string_view word) {
    if (word == "-") return {};
    if (word.ends_with('?')) {
      entry_.wakeup_if_used = true;
      word.remove_suffix(1);
    }
    auto number = parse_unsigned(word);
    if (!number || *number > 0x7fffffff) return fail("the wakeup column is neither a number of seconds nor -");
    entry_.wakeup = std::chrono::seconds(*number);
    return {};
  }

  result<> read_limit(std::string_view word) {
    entry_.maxproc_is_default = word == "-";
    if (entry_.maxproc_is_default) {
      entry_.maxproc = static_cast<int>(base_.integer("default_process_limit"));
      return {};
    }
    auto number = parse_unsigned(word);
    if (!number || *number > 0x7fffffff) return fail("the process_limit column is neither a number nor -");
    entry_.maxproc = static_cast<int>(*number);
    return {};
  }

  /// port, host:port, [address]:port, :port
  result<> read_address() {
    if (entry_.type != service_type::inet) return {};
    std::string_view port = entry_.name;
    if (port.starts_with('[')) {
      auto close = port.find("]:");
      if (close == std::string_view::npos) return fail("the service must be [address]:port");
      entry_.host = port.substr(1, close - 1);
      port.remove_prefix(close + 2);
    } else if (auto colon = port.rfind(':'); colon != std::string_view::npos) {
      entry_.host = port.substr(0, colon);
      port.remove_prefix(colon + 1);
    }
    entry_.port_name = port;
    entry_.port = find_port(port, base_);
    if (entry_.port == 0) return fail(fmt::format("\"{}\" is no port", printable(port, 40)));
    return {};
  }

  result<> read_arguments(std::string_view line) {
    for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
      entry_.fields.emplace_back(word);
      if (options_may_follow_ && word.starts_with("-o")) {
        auto value = word.substr(2);
        if (value.empty()) {
          value = take_word(line);
          if (value.empty()) return fail("-o without name=value");
          entry_.fields.emplace_back(value);
        }
        if (auto done = read_override(without_braces(value)); !done) return done;
        continue;
      }
      auto const plain = without_braces(word);
      if (options_may_follow_ && plain.starts_with("-v")) {
        entry_.verbose += static_cast<int>(std::ranges::count(plain, 'v'));
      }
      if (!plain.starts_with('-')) options_may_follow_ = false;
      entry_.arguments.emplace_back(plain);
    }
    return {};
  }

  result<> read_override(std::string_view text) {
    auto parsed = parse_entry(text);
    if (!parsed) return fail("-o: " + parsed.error().text);
    entry_.arguments.emplace_back("-o");
    entry_.arguments.push_back(parsed->name + "=" + parsed->value);
    entry_.overrides.push_back({std::move(parsed->name), std::move(parsed->value), entry_.where});
    return {};
  }

  settings const& base_;
  service_entry entry_;
  bool options_may_follow_ = true;  ///< until the first argument that is no option, as getopt has it
};

void diagnose_service(service_entry const& entry, settings const& base, std::vector<diagnostic>& out) {
  if (entry.port_name == "smtps") {
    out.push_back({severity::note, entry.where, "the service name \"smtps\" is obsolete",
                   fmt::format("write {}submissions", entry.name.substr(0, entry.name.size() - 5)), ""});
  }
  if (entry.who.what == disposition::kind::folded) {
    out.push_back({severity::note, entry.where,
                   fmt::format("service {} ({}) is not run: {}", entry.name, entry.command, entry.who.where), "", ""});
  }
  if (entry.overrides.empty()) return;
  auto const problems = base.with(entry.overrides).diagnostics();
  out.insert(out.end(), problems.begin(), problems.end());
}

/// True when the text has the name between characters that names do not have.
bool names_service(std::string_view text, std::string_view name) {
  auto const in_name = [](char c) { return is_ascii_alnum(c) || c == '-' || c == '_' || c == '.'; };
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    auto const end = at + name.size();
    if ((at == 0 || !in_name(text[at - 1])) && (end == text.size() || !in_name(text[end]))) return true;
  }
  return false;
}

/// True when a parameter of main.cf or master.cf says the service's name, or virtual_transport does by default.
bool is_used(service_entry const& entry, std::vector<service_entry> const& all, settings const& base) {
  auto const says = [&entry](auto const& one) { return names_service(one.value, entry.name); };
  if (std::ranges::any_of(base.main_cf_entries(), says)) return true;
  if (std::ranges::any_of(all, [&says](auto const& other) { return std::ranges::any_of(other.overrides, says); }))
    return true;
  auto const has_mailboxes = base.is_set("virtual_mailbox_domains") || base.is_set("virtual_mailbox_maps");
  return has_mailboxes && names_service(base.text("virtual_transport"), entry.name);
}

/// Debian's master.cf has half a dozen services that most machines never use.
void diagnose_unsupported(std::vector<service_entry> const& all, settings const& base, std::vector<diagnostic>& out) {
  for (auto const& entry : all) {
    if (entry.who.what != disposition::kind::unsupported) continue;
    auto const listens = entry.type == service_type::inet || entry.type == service_type::pass;
    auto const counts = listens || is_used(entry, all, base);
    out.push_back({counts ? severity::warning : severity::note, entry.where,
                   fmt::format("service {} ({}) is not supported: {}{}", entry.name, entry.command, entry.who.where,
                               counts ? "" : "; no parameter names it"),
                   counts ? "comment the entry out if nothing uses it" : "", ""});
  }
}

}  // namespace

std::string_view format_service_type(service_type type) {
  return std::ranges::find(types, type, &named_type::type)->name;
}

master_cf parse_master_cf(std::string_view text, std::string const& file, settings const& base) {
  master_cf out;
  for (auto const& line : split_logical_lines(text)) {
    origin const where{origin::kind::master_cf, file, line.lines.front()};
    auto entry = entry_reader(base, where).read(line.text);
    if (line.indented) entry = fail("the first entry of the file must not begin with white space");
    if (!entry) {
      out.diagnostics.push_back({severity::error, where, entry.error().text, "", ""});
      continue;
    }
    diagnose_service(*entry, base, out.diagnostics);
    auto same = std::ranges::find_if(out.services, [&](service_entry const& other) {
      return other.name == entry->name && other.type == entry->type;
    });
    if (same == out.services.end()) {
      out.services.push_back(std::move(*entry));
      continue;
    }
    out.diagnostics.push_back({severity::warning, where,
                               fmt::format("{} was already declared in line {}", entry->name, same->where.line),
                               "this later entry counts; remove one of them", ""});
    *same = std::move(*entry);
  }
  diagnose_unsupported(out.services, base, out.diagnostics);
  return out;
}

result<master_cf> load_master_cf(std::string const& path, settings const& base) {
  auto text = read_config_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_master_cf(*text, path, base);
}

}  // namespace postern::config
