#include "rewrite/address_map.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"
#include "rewrite/header_addresses.hpp"

namespace postern::rewrite {
namespace {

constexpr std::size_t one_to_one_max = 1000;
constexpr std::size_t logged_octets = 300;

std::unexpected<map_failure> unreasonable(std::string_view what, std::string_view address) {
  return std::unexpected(map_failure{
      {maps::lookup_trouble::failed,
       fmt::format("unreasonable {} for {} -- message not accepted, try again later", what, printable(address))},
      true});
}

// The addresses of a table's value; those in angle brackets or with quotes and spaces, too.
std::vector<std::string> split_value(std::string_view value) {
  std::vector<std::string> out;
  std::string word;
  bool quoted = false;
  auto const end_word = [&] {
    if (!word.empty()) out.push_back(std::exchange(word, {}));
  };
  for (std::size_t i = 0; i < value.size(); ++i) {
    char const c = value[i];
    if (c == '\\' && i + 1 < value.size()) {
      word += c;
      word += value[++i];
    } else if (c == '"') {
      quoted = !quoted;
      word += c;
    } else if (!quoted && (c == ',' || is_ascii_space(c))) {
      end_word();
    } else if (quoted || (c != '<' && c != '>')) {
      word += c;
    }
  }
  end_word();
  return out;
}

}  // namespace

address_completer address_completer::load(config::settings const& settings) {
  address_completer made;
  if (settings.boolean("append_at_myorigin")) made.origin_ = settings.text("myorigin");
  if (settings.boolean("append_dot_mydomain")) made.domain_ = settings.text("mydomain");
  made.percent_hack_ = settings.boolean("allow_percent_hack");
  made.bang_path_ = settings.boolean("swap_bangpath");
  return made;
}

address_completer address_completer::load_remote(config::settings const& settings) {
  auto made = load(settings);
  made.origin_ = made.domain_ = settings.text("remote_header_rewrite_domain");
  return made;
}

std::string address_completer::complete(std::string_view address) const {
  if (address.empty()) return {};
  auto local = message::split_address(address).local_part;
  std::string domain(message::domain_of(address));
  while (domain.ends_with('.')) domain.pop_back();
  if (domain.empty() && bang_path_) {
    if (auto const bang = local.find('!'); bang != std::string::npos && bang > 0) {
      domain = local.substr(0, bang);
      local.erase(0, bang + 1);
    }
  }
  if (domain.empty() && percent_hack_) {
    if (auto const percent = local.rfind('%'); percent != std::string::npos && percent > 0) {
      domain = local.substr(percent + 1);
      local.resize(percent);
    }
  }
  if (domain.empty()) domain = origin_;
  if (!domain.empty() && !domain_.empty() && !domain.contains('.') && !domain.starts_with('[')) domain += "." + domain_;
  return message::format_address(local, domain);
}

bool address_completer::is_complete(std::string_view address) const {
  if (address.empty()) return true;
  if (!is_plain_address(address) || address.ends_with('.')) return false;
  auto const domain = address.substr(address.find('@') + 1);
  return !domain.empty() && (domain_.empty() || domain.contains('.'));
}

bool mapping_rules::is_ours(std::string_view address) const {
  auto const domain = message::domain_of(address);
  if (domain.empty() || iequals(domain, origin)) return true;
  return addresses != nullptr && addresses->resolve(address).klass == policy::address_class::local;
}

result<address_map> address_map::load(config::settings const& settings, std::string_view parameter,
                                      std::string_view extension_class) {
  address_map made;
  auto tables = maps::map_list::load(parameter, settings.list(parameter));
  if (!tables) return std::unexpected(tables.error());
  made.tables = std::move(*tables);
  auto const classes = settings.list("propagate_unmatched_extensions");
  made.propagate_extension =
      std::ranges::any_of(classes, [&](std::string const& one) { return iequals(one, extension_class); });
  return made;
}

mapped<std::optional<std::vector<std::string>>> find_mapping(address_map const& map, std::string_view address,
                                                             mapping_rules const& rules, maps::answers& known) {
  auto const parts = message::split_address(address);
  auto const whole = parts.domain.empty() ? parts.local_part : parts.local_part + "@" + parts.domain;
  for (auto const& key : maps::address_keys(whole, rules.is_ours(address), rules.extensions)) {
    auto found = key.part ? map.tables.find_part(key.text, known) : map.tables.find(key.text, known);
    if (!found) return std::unexpected(map_failure{found.error(), false});
    if (!*found) continue;
    std::vector<std::string> out;
    for (auto const& value : split_value((*found)->value)) {
      // "@domain": the same local-part elsewhere.
      auto const one = value.starts_with('@') ? message::format_address(parts.local_part, value.substr(1)) : value;
      auto completed = rules.local.complete(one);
      bool const extends = map.propagate_extension && !key.extension.empty() && !value.starts_with('@');
      out.push_back(extends ? maps::add_extension(completed, key.extension) : std::move(completed));
    }
    return out;
  }
  return std::nullopt;
}

mapped<std::string> map_once(address_map const& map, std::string address, mapping_rules const& rules,
                             maps::answers& known) {
  if (address.empty() || map.tables.empty()) return address;
  auto found = find_mapping(map, address, rules, known);
  if (!found) return std::unexpected(found.error());
  if (!*found || (*found)->empty()) return address;
  return std::move((*found)->front());
}

mapped<std::string> map_one(address_map const& map, std::string address, mapping_rules const& rules,
                            maps::answers& known) {
  if (address.empty() || map.tables.empty()) return address;
  auto const begun_with = address;
  for (std::size_t count = 0; count < one_to_one_max; ++count) {
    auto next = map_once(map, address, rules, known);
    if (!next) return next;
    if (iequals(*next, address)) return next;
    address = std::move(*next);
  }
  return unreasonable("map nesting", begun_with);
}

mapped<std::vector<std::string>> expand_alias(address_map const& map, std::string_view address,
                                              mapping_rules const& rules, expansion_limits const& limits,
                                              maps::answers& known) {
  std::vector<std::string> out{std::string(address)};
  if (address.empty() || map.tables.empty()) return out;
  std::set<std::string> maps_to_itself;
  for (std::size_t at = 0; at < out.size(); ++at) {
    for (std::size_t depth = 0;; ++depth) {
      if (maps_to_itself.contains(lowercase(out[at]))) break;
      if (depth >= limits.recursion) return unreasonable("virtual_alias_maps map nesting", address);
      auto found = find_mapping(map, out[at], rules, known);
      if (!found) return std::unexpected(found.error());
      if (!*found || (*found)->empty()) break;
      auto& targets = **found;
      auto const is_too_long = [&](auto const& one) { return one.size() > limits.address_length; };
      if (std::ranges::any_of(targets, is_too_long)) {
        return unreasonable(fmt::format("virtual_alias_maps result {}...", targets.front().substr(0, logged_octets)),
                            address);
      }
      auto const before = lowercase(out[at]);
      if (std::ranges::any_of(targets, [&](auto const& one) { return iequals(one, before); })) {
        maps_to_itself.insert(before);
      }
      out[at] = targets.front();
      out.insert(out.end(), std::next(targets.begin()), targets.end());
      if (out.size() > limits.expansion) return unreasonable("virtual_alias_maps map expansion size", address);
    }
  }
  return out;
}

}  // namespace postern::rewrite
