#include "maps/table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/berkeley_db.hpp"
#include "maps/memory_table.hpp"

namespace postern::maps {
namespace {

constexpr std::string_view use_instead = "build it anew as hash: or texthash:";

constexpr std::array types{
    table_type{"btree", open_btree, {}},       table_type{"dbm", nullptr, use_instead},
    table_type{"hash", open_hash, {}},         table_type{"inline", open_inline, {}},
    table_type{"sdbm", nullptr, use_instead},  table_type{"static", open_static, {}},
    table_type{"texthash", open_texthash, {}},
};

}  // namespace

std::span<table_type const> table_types() { return types; }

bool is_table_name(std::string_view text) {
  auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::ranges::all_of(text.substr(0, colon), [](char c) { return is_ascii_alnum(c) || c == '_'; });
}

result<std::unique_ptr<table>> open_table(std::string_view type_and_name) {
  auto colon = type_and_name.find(':');
  if (!is_table_name(type_and_name))
    return fail(fmt::format("'{}' is not a lookup table: it wants the form type:name", type_and_name));
  auto type = type_and_name.substr(0, colon);
  auto found = std::ranges::find_if(types, [&](auto const& row) { return row.name == type; });
  if (found == types.end()) {
    std::string known;
    for (auto const& row : types) {
      if (row.open != nullptr) known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    return fail(fmt::format("{}: table type '{}' is not supported yet; known are {}", type_and_name, type, known));
  }
  if (found->open == nullptr)
    return fail(fmt::format("{}: table type '{}' is gone; {}", type_and_name, type, found->gone));
  return found->open(type_and_name.substr(colon + 1));
}

}  // namespace postern::maps
