#include "auth/oauth/json.hpp"

#include <nlohmann/json.hpp>

namespace postern::auth::oauth {
namespace {

/// Before anything is built: what is nested too deeply costs nothing.
bool is_nested_deeper(std::string_view text, std::size_t depth_max) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > depth_max) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

result<nlohmann::json> parse_object(std::string_view text, json_limits const& limits) {
  if (text.size() > limits.octets_max) return fail("JSON that is too long");
  if (is_nested_deeper(text, limits.depth_max)) return fail("JSON that is nested too deeply");
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return fail("text that is not JSON");
  if (!value.is_object()) return fail("JSON that is not an object");
  return value;
}

std::string string_member(nlohmann::json const& object, std::string_view name) {
  auto const at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::vector<std::string> strings_member(nlohmann::json const& object, std::string_view name) {
  std::vector<std::string> all;
  auto const at = object.find(name);
  if (at == object.end()) return all;
  if (at->is_string()) all.push_back(at->get<std::string>());
  if (!at->is_array()) return all;
  for (auto const& one : *at) {
    if (one.is_string()) all.push_back(one.get<std::string>());
  }
  return all;
}

}  // namespace postern::auth::oauth
