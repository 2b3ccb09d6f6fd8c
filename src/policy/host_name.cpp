#include "policy/host_name.hpp"

#include <algorithm>

#include "base/ip.hpp"
#include "base/text.hpp"

namespace postern::policy {
namespace {

constexpr std::size_t name_octets_max = 255;
constexpr std::size_t label_octets_max = 63;

bool is_label_character(char c) {
  return is_ascii_alnum(c) || c == '-' || c == '_' || static_cast<unsigned char>(c) > 127;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= label_octets_max && !label.starts_with('-') && !label.ends_with('-') &&
         std::ranges::all_of(label, is_label_character);
}

}  // namespace

bool is_well_formed_host_name(std::string_view name) {
  if (name.empty() || name.size() > name_octets_max) return false;
  bool numeric = std::ranges::all_of(name, [](char c) { return is_ascii_digit(c) || c == '.'; });
  return !numeric && std::ranges::all_of(split(name, '.'), is_label);
}

bool is_well_formed_host_address(std::string_view text) {
  if (text.size() > 2 && text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  constexpr std::string_view v6_prefix = "ipv6:";
  bool must_be_v6 = istarts_with(text, v6_prefix);
  if (must_be_v6) text.remove_prefix(v6_prefix.size());
  auto address = ip_address::parse(text);
  return address && (must_be_v6 || !address->is_v6());
}

std::string_view without_last_dot(std::string_view name) {
  if (name.ends_with('.') && !name.ends_with("..")) name.remove_suffix(1);
  return name;
}

}  // namespace postern::policy
