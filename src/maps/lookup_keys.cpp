#include "maps/lookup_keys.hpp"

#include <algorithm>

#include "base/ip.hpp"
#include "base/text.hpp"

namespace postern::maps {
namespace {

bool is_whole_name(std::string_view local_part, extension_rules const& rules) {
  if (iequals(local_part, "postmaster") || iequals(local_part, "mailer-daemon") ||
      iequals(local_part, rules.double_bounce_sender))
    return true;
  constexpr std::string_view request = "-request";
  return rules.owner_request_special && rules.delimiters.contains('-') &&
         (istarts_with(local_part, "owner-") ||
          (iends_with(local_part, request) && local_part.size() > request.size()));
}

// [RFC 5322 §3.2.3]
bool is_atom_character(char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return is_ascii_alnum(c) || others.contains(c) || static_cast<unsigned char>(c) >= 0x80;
}

// A dot-string stands as it is. [RFC 5321 §4.1.2]
bool needs_quotes(std::string_view local_part) {
  auto words = split(local_part, '.');
  return !std::ranges::all_of(words,
                              [](auto word) { return !word.empty() && std::ranges::all_of(word, is_atom_character); });
}

std::string quoted(std::string_view local_part) {
  std::string out = "\"";
  for (char c : local_part) {
    if (c == '"' || c == '\\' || c == '\r') out += '\\';
    out += c;
  }
  return out + '"';
}

struct address_parts {
  std::string_view local_part;
  std::string_view at_domain;  // "@example.com"; empty without a domain
  std::string_view extension;
  std::string_view user() const { return local_part.substr(0, local_part.size() - extension.size()); }
};

address_parts take_apart(std::string_view address, extension_rules const& rules) {
  auto at = std::min(address.rfind('@'), address.size());
  address_parts out{address.substr(0, at), address.substr(at), {}};
  out.extension = find_extension(out.local_part, rules);
  return out;
}

std::string joined(std::string_view a, std::string_view b) { return std::string(a) += b; }

void append_domains(std::vector<lookup_key>& keys, std::string_view domain, bool match_subdomains, bool part) {
  bool maybe_numeric = true;
  while (!domain.empty()) {
    keys.push_back({std::string(domain), part});
    part = true;
    maybe_numeric = maybe_numeric && ip_address::parse(domain).has_value();
    if (maybe_numeric) return;
    auto dot = domain.find('.', 1);
    if (dot == std::string_view::npos) return;
    domain.remove_prefix(dot + (match_subdomains ? 1 : 0));
  }
}

// With quotes where the local-part wants them, then without, as Postfix has done since quotes came to its tables.
void append_with_quotes(std::vector<lookup_key>& keys, std::string_view local_part, std::string_view rest, bool part,
                        std::string_view extension) {
  if (needs_quotes(local_part)) keys.push_back({joined(quoted(local_part), rest), part, std::string(extension)});
  keys.push_back({joined(local_part, rest), part, std::string(extension)});
}

}  // namespace

extension_rules extension_rules::load(config::settings const& settings) {
  return {settings.text("recipient_delimiter"), settings.boolean("owner_request_special"),
          settings.text("double_bounce_sender")};
}

std::string_view find_extension(std::string_view local_part, extension_rules const& rules) {
  auto place = local_part.find_first_of(rules.delimiters);
  if (place == std::string_view::npos || place == 0 || is_whole_name(local_part, rules)) return {};
  return local_part.substr(place);
}

std::string add_extension(std::string_view address, std::string_view extension) {
  auto at = std::min(address.rfind('@'), address.size());
  return joined(joined(address.substr(0, at), extension), address.substr(at));
}

bool matches_subdomains(config::settings const& settings, std::string_view parameter) {
  auto const names = settings.list("parent_domain_matches_subdomains");
  return std::ranges::find(names, parameter) != names.end();
}

std::vector<lookup_key> address_keys(std::string_view address, bool domain_is_ours, extension_rules const& rules) {
  auto parts = take_apart(address, rules);
  std::vector<lookup_key> keys;
  append_with_quotes(keys, parts.local_part, parts.at_domain, false, {});
  bool extended = !parts.extension.empty();
  if (extended) append_with_quotes(keys, parts.user(), parts.at_domain, true, parts.extension);
  if (parts.at_domain.empty()) return keys;
  if (domain_is_ours) {
    append_with_quotes(keys, parts.local_part, {}, true, {});
    if (extended) append_with_quotes(keys, parts.user(), {}, true, parts.extension);
  }
  keys.push_back({std::string(parts.at_domain), true});
  return keys;
}

std::vector<lookup_key> access_address_keys(std::string_view address, bool match_subdomains,
                                            extension_rules const& rules, std::string_view null_key) {
  std::vector<lookup_key> keys;
  if (address.empty()) {
    if (!null_key.empty()) keys.push_back({std::string(null_key)});
    return keys;
  }
  auto parts = take_apart(address, rules);
  if (parts.at_domain.empty()) return keys;
  bool extended = !parts.extension.empty();
  append_with_quotes(keys, parts.local_part, parts.at_domain, false, {});
  if (extended) append_with_quotes(keys, parts.user(), parts.at_domain, true, parts.extension);
  append_domains(keys, parts.at_domain.substr(1), match_subdomains, true);
  append_with_quotes(keys, parts.local_part, "@", true, {});
  if (extended) append_with_quotes(keys, parts.user(), "@", true, parts.extension);
  return keys;
}

std::vector<lookup_key> domain_keys(std::string_view domain, bool match_subdomains) {
  std::vector<lookup_key> keys;
  append_domains(keys, domain, match_subdomains, false);
  return keys;
}

std::vector<lookup_key> network_keys(std::string_view address) {
  std::vector<lookup_key> keys;
  char delimiter = address.contains(':') ? ':' : '.';
  while (!address.empty()) {
    keys.push_back({std::string(address), !keys.empty()});
    auto place = address.rfind(delimiter);
    if (place == std::string_view::npos) break;
    address = address.substr(0, place);
    while (address.ends_with(':')) address.remove_suffix(1);
  }
  return keys;
}

std::vector<lookup_key> client_keys(std::string_view name, std::string_view address, bool match_subdomains) {
  auto keys = domain_keys(name, match_subdomains);
  std::ranges::move(network_keys(address), std::back_inserter(keys));
  return keys;
}

std::vector<lookup_key> transport_keys(std::string_view address, bool match_subdomains, extension_rules const& rules) {
  auto parts = take_apart(address, rules);
  std::vector<lookup_key> keys;
  append_with_quotes(keys, parts.local_part, parts.at_domain, false, {});
  if (!parts.extension.empty()) append_with_quotes(keys, parts.user(), parts.at_domain, true, parts.extension);
  if (!parts.at_domain.empty()) append_domains(keys, parts.at_domain.substr(1), match_subdomains, true);
  keys.push_back({"*"});
  return keys;
}

}  // namespace postern::maps
