#include "anvil/table_keys.hpp"

#include "base/text.hpp"

namespace postern::anvil {

std::string make_key(char table, std::initializer_list<std::string_view> fields) {
  std::string key(1, table);
  for (auto const field : fields) (key += field) += '\0';
  return key;
}

std::vector<std::string> split_key(std::string_view key) {
  std::vector<std::string> fields;
  if (key.empty()) return fields;
  for (auto const field : split(key.substr(1), '\0')) fields.emplace_back(field);
  fields.pop_back();  // behind the last NUL
  return fields;
}

}  // namespace postern::anvil
