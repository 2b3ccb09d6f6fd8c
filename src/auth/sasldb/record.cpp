#include "auth/sasldb/record.hpp"

namespace postern::auth::sasldb {

std::string format_key_prefix(std::string_view user, std::string_view realm) {
  std::string out(user);
  out += '\0';
  out += realm;
  out += '\0';
  return out;
}

std::string format_key(record_key const& key) { return format_key_prefix(key.user, key.realm) + key.property; }

result<record_key> parse_key(std::string_view octets) {
  auto const first = octets.find('\0');
  if (first == std::string_view::npos) return fail("a key without a realm");
  auto const second = octets.find('\0', first + 1);
  if (second == std::string_view::npos) return fail("a key without a property");
  record_key key{.user = std::string(octets.substr(0, first)),
                 .realm = std::string(octets.substr(first + 1, second - first - 1)),
                 .property = std::string(octets.substr(second + 1))};
  if (key.property.find('\0') != std::string::npos) return fail("a key with more than three parts");
  for (auto const* part : {&key.user, &key.realm, &key.property}) {
    if (part->size() > key_part_octets_max) return fail("a key that is too long");
  }
  return key;
}

}  // namespace postern::auth::sasldb
