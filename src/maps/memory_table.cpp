#include "maps/memory_table.hpp"

#include <cstdlib>
#include <unordered_map>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "config/settings.hpp"
#include "maps/entry_source.hpp"
#include "maps/source_lines.hpp"
#include "maps/watched_table.hpp"

namespace postern::maps {
namespace {

struct text_hash : std::hash<std::string_view> {
  using is_transparent = void;
};

// Postfix folds the case of keys of fixed-string tables.
class memory_table final : public table {
 public:
  /// False: the key was there before and has its old value.
  bool add(std::string_view key, std::string_view value) {
    auto folded = lowercase(key);
    auto [place, is_new] = places_.try_emplace(folded, entries_.size());
    if (is_new) entries_.push_back({std::move(folded), std::string(value)});
    return is_new;
  }
  void put(std::string_view key, std::string_view value) {
    if (!add(key, value)) entries_[places_.find(lowercase(key))->second].value = value;
  }
  result<std::optional<std::string>> find(std::string_view key) override { return find_exact(lowercase(key)); }
  result<std::optional<std::string>> find_exact(std::string_view key) override {
    auto place = places_.find(key);
    if (place == places_.end()) return std::nullopt;
    return entries_[place->second].value;
  }
  result<std::vector<entry>> entries() override { return entries_; }

 private:
  std::vector<entry> entries_;
  std::unordered_map<std::string, std::size_t, text_hash, std::equal_to<>> places_;
};

class static_table final : public table {
 public:
  explicit static_table(std::string_view value) : value_(value) {}
  result<std::optional<std::string>> find(std::string_view) override { return value_; }
  result<std::vector<entry>> entries() override { return fail("static: has no keys to list"); }

 private:
  std::string value_;
};

class environ_table final : public table {
 public:
  result<std::optional<std::string>> find(std::string_view key) override {
    auto name = std::string(key);
    char const* value = std::getenv(name.c_str());
    if (value == nullptr) value = std::getenv(lowercase(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  }
  result<std::vector<entry>> entries() override {
    std::vector<entry> out;
    for (char** one = environ; *one != nullptr; ++one) {
      std::string_view text(*one);
      auto equals = std::min(text.find('='), text.size());
      out.push_back({std::string(text.substr(0, equals)), std::string(text.substr(std::min(equals + 1, text.size())))});
    }
    return out;
  }
};

class fail_table final : public table {
 public:
  explicit fail_table(std::string_view name) : text_(fmt::format("fail:{}: this table always fails", name)) {}
  result<std::optional<std::string>> find(std::string_view) override { return fail(text_); }
  result<std::vector<entry>> entries() override { return fail(text_); }
  bool is_pattern() const override { return true; }

 private:
  std::string text_;
};

// "key = value" at the first '='.
bool put_pair(memory_table& into, std::string_view pair) {
  auto equals = pair.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  into.put(trim(pair.substr(0, equals)), trim(pair.substr(equals + 1)));
  return true;
}

result<std::unique_ptr<table>> read_texthash(std::string const& path) {
  auto text = read_source(path);
  if (!text) return fail(fmt::format("texthash:{}: {}", path, text.error().text));
  auto reading = parse_entries(*text, "texthash:" + path, entry_format::postmap, true);
  for (auto const& remark : reading.remarks) log::warning("{}", remark);
  auto made = std::make_unique<memory_table>();
  for (auto const& one : reading.entries) {
    if (!made->add(one.key, one.value))
      log::warning("texthash:{}, line {}: '{}' is there twice; the first one counts", path, one.line,
                   printable(one.key));
  }
  return made;
}

result<std::unique_ptr<table>> read_colon_file(std::string const& path) {
  auto text = read_source(path);
  if (!text) return std::unexpected(text.error());
  auto made = std::make_unique<memory_table>();
  for (auto line : split(*text, '\n')) {
    auto colon = line.find(':');
    if (colon != std::string_view::npos && colon > 0) made->add(line.substr(0, colon), line);
  }
  return made;
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

result<std::unique_ptr<table>> open_environ(std::string_view) { return std::make_unique<environ_table>(); }

result<std::unique_ptr<table>> open_fail(std::string_view name) { return std::make_unique<fail_table>(name); }

result<std::unique_ptr<table>> open_texthash(std::string_view path) {
  return watch_file(std::string(path), [path = std::string(path)] { return read_texthash(path); });
}

result<std::unique_ptr<table>> open_unix(std::string_view name) {
  std::string path;
  if (name == "passwd.byname") path = "/etc/passwd";
  if (name == "group.byname") path = "/etc/group";
  if (path.empty()) return fail(fmt::format("unix:{}: there are unix:passwd.byname and unix:group.byname", name));
  return watch_file(path, [path] { return read_colon_file(path); });
}

}  // namespace postern::maps
