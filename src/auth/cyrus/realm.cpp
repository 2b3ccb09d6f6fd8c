#include "auth/cyrus/realm.hpp"

#include "base/text.hpp"

namespace postern::auth::cyrus {

std::string canonical_name(std::string_view typed, std::string_view local_domain) {
  std::string name(trim(typed));
  if (!name.empty() && !local_domain.empty() && !name.contains('@')) {
    name += '@';
    name += local_domain;
  }
  return name;
}

user_realm split_for_auxprop(std::string_view name, std::string_view realm, std::string_view host) {
  auto const at = name.find('@');
  if (at == std::string_view::npos) return {std::string(name), std::string(realm.empty() ? host : realm)};
  return {std::string(name.substr(0, at)), std::string(name.substr(at + 1))};
}

user_realm split_for_saslauthd(std::string_view name, std::string_view realm) {
  auto const at = name.rfind('@');
  if (at == std::string_view::npos) return {std::string(name), std::string(realm)};
  return {std::string(name.substr(0, at)), std::string(name.substr(at + 1))};
}

}  // namespace postern::auth::cyrus
