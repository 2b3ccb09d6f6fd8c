#include "config/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/settings_state.hpp"
#include "config/value.hpp"

namespace postern::config {
namespace {

[[noreturn]] void abort_unknown(std::string_view name, std::string_view why) {
  fmt::print(stderr, "panic: configuration parameter {}: {}\n", name, why);
  std::abort();
}

parameter const& row_of(std::string_view name) {
  auto const* row = find_governing_row(name);
  if (row == nullptr) abort_unknown(name, "no table declares it");
  return *row;
}

/// What --dir forces, so that several servers run side by side without touching the system's.
std::vector<std::pair<std::string, std::string>> private_values(std::string const& dir, value_map const& values) {
  std::vector<std::pair<std::string, std::string>> forced{
      {"queue_directory", dir + "/spool"},
      {"data_directory", dir + "/data"},
      {"mail_spool_directory", dir + "/mail/"},
      {"home_mailbox", ""},
      {"maillog_file_prefixes", dir + ", /dev/stdout"},
  };
  auto log = values.find("maillog_file");
  if (log != values.end() && !log->second.raw.empty() && !log->second.raw.starts_with("/dev/")) {
    forced.emplace_back("maillog_file", dir + "/" + std::filesystem::path(log->second.raw).filename().string());
  }
  return forced;
}

/// Names that master.cf uses, so that a parameter made for it does not count as unused.
std::set<std::string, std::less<>> read_master_cf_names(std::string const& config_dir) {
  std::set<std::string, std::less<>> names;
  if (auto text = read_config_file(config_dir + "/master.cf")) {
    for (auto const& line : split_logical_lines(*text)) {
      for_each_name(line.text, [&](std::string_view name) { names.emplace(name); });
    }
  }
  return names;
}

std::string join_errors(std::vector<diagnostic> const& problems) {
  std::string text;
  for (auto const& problem : problems) {
    if (problem.level == severity::error) text.append(text.empty() ? "" : "\n").append(problem.line());
  }
  return text;
}

}  // namespace

std::string diagnostic::line() const {
  auto out = fmt::format("{}: {}", where.text(), text);
  if (!remedy.empty()) out += "; " + remedy;
  return out;
}

parameter const* find_governing_row(std::string_view name) {
  if (auto const* row = find_parameter(name)) return row;
  return find_transport_parameter(name).fallback;
}

host_facts const& settings::state::host() const {
  std::call_once(host_once_, [this] { host_ = request.detect_host(); });
  return host_;
}

std::optional<std::string> settings::state::detected(std::string_view name) const {
  if (name == "process_name") return request.program;
  if (name == "service_name") return request.service;
  if (name == "process_id") return std::to_string(getpid());
  if (name == "myhostname") return find_default_hostname(host());
  auto text = [this](std::string_view what) { return expanded("$" + std::string(what)).value_or(""); };
  if (name == "mydomain") return find_default_domain(text("myhostname"));
  if (name == "mynetworks") {
    auto const style = text("mynetworks_style");
    return find_default_networks(host(),
                                 {style, split_list(text("inet_interfaces")), split_list(text("inet_protocols"))});
  }
  return std::nullopt;
}

std::optional<std::string> settings::state::default_of(std::string_view name) const {
  if (auto found = detected(name)) return found;
  if (auto const* row = find_parameter(name)) return std::string(row->default_value);
  if (auto const* fallback = find_transport_parameter(name).fallback) return "$" + std::string(fallback->name);
  return std::nullopt;
}

std::optional<std::string> settings::state::lookup(std::string_view name) const {
  if (auto found = values.find(name); found != values.end()) return found->second.raw;
  if (name == "config_directory") return request.config_dir;
  for (auto const& old : obsolete_names()) {
    if (old.stands_for != name) continue;
    if (auto found = values.find(old.name); found != values.end()) return found->second.raw;
  }
  return default_of(name);
}

result<std::string> settings::state::expanded(std::string_view text) const {
  return config::expand(text, [this](std::string_view name) { return lookup(name); });
}

std::string default_config_dir() {
  if (char const* dir = std::getenv("MAIL_CONFIG"); dir != nullptr && *dir != '\0') return dir;
  std::error_code ignored;
  return std::filesystem::exists("/etc/postern/main.cf", ignored) ? "/etc/postern" : "/etc/postfix";
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> words;
  std::string word;
  unsigned level = 0;
  for (char c : value) {
    if (level == 0 && (c == ',' || is_ascii_space(c))) {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
      continue;
    }
    if (c == '{') ++level;
    if (c == '}' && level > 0) --level;
    word += c;
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

result<settings> settings::load(load_request const& request) {
  auto resolved = request;
  if (resolved.config_dir.empty()) {
    resolved.config_dir = resolved.private_dir.empty() ? default_config_dir() : resolved.private_dir + "/etc";
  }
  auto const path = resolved.config_dir + "/main.cf";
  auto text = read_config_file(path);
  if (!text) {
    bool const missing = text.error().system_error == ENOENT;
    if (!missing || !request.main_cf_may_be_missing) return std::unexpected(text.error());
    return build({}, path, resolved);
  }
  return build(parse_main_cf(*text), path, resolved);
}

result<settings> settings::load_text(std::string_view main_cf, load_request const& request) {
  return build(parse_main_cf(main_cf), request.config_dir + "/main.cf", request);
}

result<settings> settings::build(main_cf const& file, std::string const& path, load_request const& request) {
  auto fresh = std::make_shared<state>();
  fresh->request = request;
  fresh->main_cf_path = path;
  fresh->entries = file.entries;
  for (auto const& entry : file.entries) {
    fresh->values[entry.name] = {entry.value, {origin::kind::main_cf, path, entry.line}};
  }
  for (auto const& [name, value, where] : request.overrides) fresh->values[name] = {value, where};
  if (!request.private_dir.empty()) {
    for (auto& [name, value] : private_values(request.private_dir, fresh->values)) {
      fresh->values[name] = {value, {origin::kind::private_dir, {}, 0}};
    }
  }
  fresh->master_cf_names = read_master_cf_names(request.config_dir);
  for (auto const& error : file.errors) {
    fresh->problems.push_back({severity::error, {origin::kind::main_cf, path, error.line}, error.text, "", ""});
  }
  settings made(fresh);
  auto more = diagnose_values({made, fresh->values, fresh->entries, fresh->master_cf_names, path});
  fresh->problems.insert(fresh->problems.end(), more.begin(), more.end());
  if (made.has_errors() && !request.tolerate_errors) return fail(join_errors(fresh->problems));
  return made;
}

settings settings::with(std::vector<override_value> const& overrides) const {
  auto fresh = std::make_shared<state>();
  fresh->request = state_->request;
  fresh->main_cf_path = state_->main_cf_path;
  fresh->values = state_->values;
  fresh->entries = state_->entries;
  fresh->master_cf_names = state_->master_cf_names;
  for (auto const& [name, value, where] : overrides) {
    auto& slot = fresh->values[name];
    if (slot.where.from != origin::kind::private_dir) slot = {value, where};
  }
  settings made(fresh);
  fresh->problems =
      diagnose_overrides({made, fresh->values, fresh->entries, fresh->master_cf_names, fresh->main_cf_path}, overrides);
  return made;
}

std::string settings::checked(std::string_view name) const {
  auto const& row = row_of(name);
  if (row.type == value_type::raw) return state_->lookup(name).value_or("");
  auto value = state_->expanded(state_->lookup(name).value_or(""));
  if (value && check_value(row, trim(*value))) return std::string(trim(*value));
  // A default that does not fit either would be caught by the test of the tables; an empty text is harmless.
  return std::string(trim(state_->expanded(state_->default_of(name).value_or("")).value_or("")));
}

std::string settings::text(std::string_view name) const { return checked(name); }

bool settings::boolean(std::string_view name) const {
  if (row_of(name).type != value_type::boolean) abort_unknown(name, "it is not yes or no");
  return parse_boolean(checked(name)).value_or(false);
}

std::int64_t settings::integer(std::string_view name) const {
  auto const type = row_of(name).type;
  if (type != value_type::integer && type != value_type::size) abort_unknown(name, "it is not a number");
  return parse_integer(checked(name)).value_or(0);
}

std::chrono::seconds settings::duration(std::string_view name) const {
  auto const& row = row_of(name);
  if (row.type != value_type::duration) abort_unknown(name, "it is not a time");
  return parse_duration(checked(name), find_default_unit(row.default_value)).value_or(std::chrono::seconds{0});
}

std::vector<std::string> settings::list(std::string_view name) const { return split_list(checked(name)); }

std::string settings::raw(std::string_view name) const {
  row_of(name);
  return state_->lookup(name).value_or("");
}

std::optional<std::string> settings::find_raw(std::string_view name) const { return state_->lookup(name); }

std::optional<std::string> settings::find_default(std::string_view name) const { return state_->default_of(name); }

bool settings::is_set(std::string_view name) const { return state_->values.contains(name); }

origin settings::where(std::string_view name) const {
  if (auto found = state_->values.find(name); found != state_->values.end()) return found->second.where;
  auto const* row = find_parameter(name);
  bool const detected = row != nullptr && row->default_value.empty() && !state_->default_of(name)->empty();
  return {detected ? origin::kind::detected : origin::kind::built_in, {}, 0};
}

result<std::string> settings::expand(std::string_view text) const { return state_->expanded(text); }

std::vector<diagnostic> const& settings::diagnostics() const { return state_->problems; }

bool settings::has_errors() const {
  return std::ranges::find(state_->problems, severity::error, &diagnostic::level) != state_->problems.end();
}

std::string const& settings::config_dir() const { return state_->request.config_dir; }

std::string const& settings::private_dir() const { return state_->request.private_dir; }

std::vector<main_cf_entry> const& settings::main_cf_entries() const { return state_->entries; }

}  // namespace postern::config
