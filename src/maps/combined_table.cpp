#include "maps/combined_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include <fmt/format.h>

#include "maps/source_lines.hpp"
#include "os/random.hpp"

namespace postern::maps {
namespace {

using members = std::vector<std::unique_ptr<table>>;

class combined_table : public table {
 public:
  combined_table(std::string_view type, members tables) : type_(type), tables_(std::move(tables)) {}
  result<std::vector<entry>> entries() override { return fail(fmt::format("{}: has no keys to list", type_)); }
  bool is_pattern() const override {
    return std::ranges::any_of(tables_, [](auto const& one) { return one->is_pattern(); });
  }
  bool blocks() const override {
    return std::ranges::any_of(tables_, [](auto const& one) { return one->blocks(); });
  }

 protected:
  members& tables() { return tables_; }

 private:
  std::string_view type_;
  members tables_;
};

class union_table final : public combined_table {
 public:
  using combined_table::combined_table;
  result<std::optional<std::string>> find(std::string_view key) override {
    std::optional<std::string> out;
    for (auto const& one : tables()) {
      auto found = one->find(key);
      if (!found) return found;
      if (*found) out = out ? *out + "," + **found : std::move(**found);
    }
    return out;
  }
};

class pipe_table final : public combined_table {
 public:
  using combined_table::combined_table;
  result<std::optional<std::string>> find(std::string_view key) override {
    std::optional<std::string> out(key);
    for (auto const& one : tables()) {
      auto found = one->find(*out);
      if (!found || !*found) return found;
      out = std::move(**found);
    }
    return out;
  }
};

class random_table final : public table {
 public:
  explicit random_table(std::vector<std::string> values) : values_(std::move(values)) {}
  result<std::optional<std::string>> find(std::string_view) override {
    std::array<unsigned char, 4> octets{};
    os::fill_random(octets);
    return values_[std::bit_cast<std::uint32_t>(octets) % values_.size()];
  }
  result<std::vector<entry>> entries() override { return fail("randmap: has no keys to list"); }
  bool is_pattern() const override { return true; }

 private:
  std::vector<std::string> values_;
};

result<std::vector<std::string>> read_members(std::string_view type, std::string_view name) {
  auto names = split_members(name);
  if (names.empty()) return fail(fmt::format("{0}:{1}: the form is {0}:{{first, second}}", type, name));
  if (names.size() > members_max) return fail(fmt::format("{}: has more than {} members", type, members_max));
  return names;
}

thread_local int nesting = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): open_table() has no depth

struct deeper {
  deeper() { ++nesting; }
  ~deeper() { --nesting; }
  deeper(deeper const&) = delete;
  deeper& operator=(deeper const&) = delete;
};

template <class Table>
result<std::unique_ptr<table>> open_combined(std::string_view type, std::string_view name) {
  deeper const here;
  if (nesting > nesting_max) return fail(fmt::format("{}: tables are nested more than {} deep", type, nesting_max));
  auto names = read_members(type, name);
  if (!names) return std::unexpected(names.error());
  members tables;
  for (auto const& one : *names) {
    auto opened = open_table(without_braces(one));
    if (!opened) return fail(fmt::format("{}: {}", type, opened.error().text));
    tables.push_back(std::move(*opened));
  }
  return std::make_unique<Table>(type, std::move(tables));
}

}  // namespace

result<std::unique_ptr<table>> open_unionmap(std::string_view name) {
  return open_combined<union_table>("unionmap", name);
}
result<std::unique_ptr<table>> open_pipemap(std::string_view name) {
  return open_combined<pipe_table>("pipemap", name);
}

result<std::unique_ptr<table>> open_randmap(std::string_view name) {
  auto values = read_members("randmap", name);
  if (!values) return std::unexpected(values.error());
  return std::make_unique<random_table>(std::move(*values));
}

void ask_for_members(std::string_view name, os::sandbox_rules& rules) {
  deeper const here;
  if (nesting > nesting_max) return;
  for (auto const& one : split_members(name)) ask_for_table(without_braces(one), rules);
}

}  // namespace postern::maps
