#include "maps/memory_table.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/settings.hpp"

namespace postern::maps {
namespace {

class memory_table final : public table {
 public:
  void put(std::string_view key, std::string_view value) {
    values_.insert_or_assign(lowercase(key), std::string(value));
  }
  result<std::optional<std::string>> find(std::string_view key) override {
    auto place = values_.find(lowercase(key));
    if (place == values_.end()) return std::nullopt;
    return place->second;
  }
  result<std::vector<entry>> entries() override {
    std::vector<entry> out;
    out.reserve(values_.size());
    for (auto const& [key, value] : values_) out.push_back({key, value});
    return out;
  }

 private:
  std::map<std::string, std::string> values_;  // Postfix folds the case of keys of fixed-string tables
};

class static_table final : public table {
 public:
  explicit static_table(std::string_view value) : value_(value) {}
  result<std::optional<std::string>> find(std::string_view) override { return value_; }
  result<std::vector<entry>> entries() override { return fail("static: has no keys to list"); }

 private:
  std::string value_;
};

std::string_view without_braces(std::string_view text) {
  text = trim(text);
  bool braced = text.starts_with('{') && text.ends_with('}') && text.size() >= 2;
  return braced ? trim(text.substr(1, text.size() - 2)) : text;
}

// "key = value" at the first '='.
bool put_pair(memory_table& into, std::string_view pair) {
  auto equals = pair.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  into.put(trim(pair.substr(0, equals)), trim(pair.substr(equals + 1)));
  return true;
}

// Logical lines: a line that begins with white space goes on with the one before it.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> out;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty() || trim(line).starts_with('#')) continue;
    if (is_ascii_space(line.front()) && !out.empty())
      out.back() += line;
    else
      out.emplace_back(line);
  }
  return out;
}

}  // namespace

// Words stand apart by commas and blanks, so a pair with blanks or commas of its own stands in braces.
result<std::unique_ptr<table>> open_inline(std::string_view name) {
  auto made = std::make_unique<memory_table>();
  for (auto const& word : config::split_list(without_braces(name))) {
    auto pair = without_braces(word);
    if (put_pair(*made, pair)) continue;
    return fail(fmt::format("inline:{}: '{}' is not key=value; a pair with blanks goes into braces", name, pair));
  }
  return made;
}

result<std::unique_ptr<table>> open_static(std::string_view name) {
  return std::make_unique<static_table>(without_braces(name));
}

result<std::unique_ptr<table>> open_texthash(std::string_view path) {
  std::ifstream file{std::string(path)};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(fmt::format("texthash:{}: cannot read the file: check that it exists and may be read", path));
  if (text.view().size() > texthash_octets_max)
    return fail(fmt::format("texthash:{}: the file is larger than 64 MiB; use hash:", path));
  auto made = std::make_unique<memory_table>();
  for (auto const& line : logical_lines(text.view())) {
    auto end = line.find_first_of(" \t");
    if (end == std::string::npos)
      return fail(fmt::format("texthash:{}: '{}' has a key and no value", path, printable(line, 100)));
    made->put(std::string_view(line).substr(0, end), trim(std::string_view(line).substr(end)));
  }
  return made;
}

}  // namespace postern::maps
