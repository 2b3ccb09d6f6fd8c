#include "maps/table_options.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "config/main_cf.hpp"
#include "maps/table.hpp"

namespace postern::maps {
namespace {

struct main_cf_holder {
  std::mutex lock;
  std::optional<config::settings> settings;
};
main_cf_holder& holder() {
  static main_cf_holder one;
  return one;
}

/// A pool's threads open the same tables one after the other.
void warn_once(std::string const& sentence) {
  static std::mutex lock;
  static std::set<std::string> said;
  std::lock_guard const held(lock);
  if (said.insert(sentence).second) log::warning("{}", sentence);
}

bool names_file(std::string_view name) { return name.starts_with('/') || name.starts_with('.'); }

std::string remedy_for_reading(std::string_view why) {
  return fmt::format("{}; it must be there, and readable by the user that the program runs as", why);
}

}  // namespace

void use_main_cf(config::settings const& settings) {
  std::lock_guard const held(holder().lock);
  holder().settings = settings;
}

std::optional<config::settings> main_cf_in_use() {
  std::lock_guard const held(holder().lock);
  return holder().settings;
}

result<table_options> table_options::load(std::string_view type, std::string_view name) {
  auto const table_name = fmt::format("{}:{}", type, name);
  result<table_options> made = table_options();
  if (names_file(name)) {
    auto const text = config::read_config_file(std::string(name));
    if (!text) return fail(fmt::format("{}: {}", table_name, remedy_for_reading(text.error().text)));
    made = parse(*text, std::string(name));
  } else {
    auto const settings = main_cf_in_use();
    if (!settings) return fail(table_name + ": without main.cf a table needs a file, from / on");
    made = from_main_cf(*settings, name);
  }
  if (made) made->table_name_ = table_name;
  return made;
}

result<table_options> table_options::parse(std::string_view text, std::string named) {
  auto const read = config::parse_main_cf(text);
  if (!read.errors.empty()) {
    return fail(fmt::format("{}:{}: {}", named, read.errors.front().line, read.errors.front().text));
  }
  table_options out;
  out.table_name_ = named;
  out.file_ = std::move(named);
  for (auto const& entry : read.entries) {
    out.values_.insert_or_assign(entry.name, value{secret(std::string_view(entry.value)), entry.line});
  }
  return out;
}

table_options table_options::from_main_cf(config::settings const& settings, std::string_view name) {
  table_options out;
  out.prefix_ = fmt::format("{}_", name);
  out.file_ = "main.cf";
  for (auto const& entry : settings.main_cf_entries()) {
    if (!entry.name.starts_with(out.prefix_)) continue;
    auto const raw = settings.find_raw(entry.name).value_or(entry.value);
    auto const expanded = settings.expand(raw);
    out.values_.insert_or_assign(entry.name.substr(out.prefix_.size()),
                                 value{secret(std::string_view(expanded ? *expanded : raw)), entry.line});
  }
  return out;
}

table_options::value const* table_options::find(std::string_view key) const {
  auto const at = values_.find(key);
  return at == values_.end() ? nullptr : &at->second;
}

std::unexpected<failure> table_options::complain(std::string_view key, std::string_view why) const {
  auto const* const found = find(key);
  auto const line = found != nullptr ? fmt::format(":{}", found->line) : std::string();
  return fail(fmt::format("{}{}: {}{}: {}", file_, line, prefix_, key, why));
}

// Other parameters of main.cf may begin alike by chance.
void table_options::warn_of_unknown(std::span<std::string_view const> known) const {
  if (!is_file()) return;
  for (auto const& [key, found] : values_) {
    if (std::ranges::find(known, key) != known.end()) continue;
    warn_once(fmt::format("{}:{}: {} is no key of this type of table and is not used", file_, found.line,
                          printable(key, 100)));
  }
}

namespace option_values {

result<bool> parse_flag(table_options const& options, std::string_view key) {
  auto const text = options.find(key)->text.reveal();
  for (auto const word : {"yes", "true", "1"}) {
    if (iequals(text, word)) return true;
  }
  for (auto const word : {"no", "false", "0"}) {
    if (iequals(text, word)) return false;
  }
  return options.complain(key, fmt::format("\"{}\" is neither yes nor no", printable(text, 100)));
}

result<int> parse_number(table_options const& options, std::string_view key, int min, int max,
                         std::span<std::string_view const> choices) {
  auto const text = options.find(key)->text.reveal();
  if (!choices.empty()) {
    auto const at = std::ranges::find_if(choices, [&](auto word) { return iequals(word, text); });
    if (at != choices.end()) return static_cast<int>(at - choices.begin());
    std::string words;
    for (auto const word : choices) words += fmt::format("{}{}", words.empty() ? "" : ", ", word);
    return options.complain(key, fmt::format("\"{}\" is none of {}", printable(text, 100), words));
  }
  auto const number = parse_unsigned(text);
  if (number && *number >= static_cast<unsigned>(min) && *number <= static_cast<unsigned>(max)) {
    return static_cast<int>(*number);
  }
  return options.complain(key, fmt::format("\"{}\" is no number from {} to {}", printable(text, 100), min, max));
}

}  // namespace option_values

void ask_for_options(std::string_view name, os::sandbox_rules& rules) {
  if (names_file(name)) ask_for_file(name, rules);
}

}  // namespace postern::maps
