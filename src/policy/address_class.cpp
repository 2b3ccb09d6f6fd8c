#include "policy/address_class.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "message/address.hpp"
#include "policy/own_addresses.hpp"

namespace postern::policy {
namespace {

// A domain in brackets as an address: "[192.0.2.1]", "[IPv6:2001:db8::1]". [RFC 5321 §4.1.3]
std::optional<ip_address> literal_address(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) return std::nullopt;
  auto inner = domain.substr(1, domain.size() - 2);
  if (istarts_with(inner, "ipv6:")) inner.remove_prefix(5);
  return ip_address::parse(inner);
}

bool lists_parameter(std::vector<std::string> const& names, std::string_view parameter) {
  return std::ranges::any_of(names, [&](auto const& name) { return iequals(name, parameter); });
}

}  // namespace

std::string_view format_address_class(address_class klass) {
  switch (klass) {
    case address_class::local:
      return "local";
    case address_class::virtual_alias:
      return "virtual alias";
    case address_class::virtual_mailbox:
      return "virtual mailbox";
    case address_class::relay:
      return "relay";
    case address_class::remote:
      return "remote";
  }
  return "remote";
}

result<address_resolver> address_resolver::load(config::settings const& settings,
                                                std::vector<ip_address> const& interfaces) {
  address_resolver made;
  auto parents = settings.list("parent_domain_matches_subdomains");
  struct row {
    domain_match_list address_resolver::* list;
    char const* parameter;
  };
  for (auto [list, parameter] : {row{&address_resolver::mydestination_, "mydestination"},
                                 row{&address_resolver::virtual_alias_, "virtual_alias_domains"},
                                 row{&address_resolver::virtual_mailbox_, "virtual_mailbox_domains"},
                                 row{&address_resolver::relay_, "relay_domains"}}) {
    auto loaded = domain_match_list::load(parameter, settings.list(parameter), lists_parameter(parents, parameter));
    if (!loaded) return std::unexpected(loaded.error());
    made.*list = std::move(*loaded);
  }
  made.own_addresses_ = find_own_addresses(settings, interfaces);
  made.myorigin_ = lowercase(settings.text("myorigin"));
  made.mydomain_ = lowercase(settings.text("mydomain"));
  made.allow_untrusted_routing_ = settings.boolean("allow_untrusted_routing");
  made.append_at_myorigin_ = settings.boolean("append_at_myorigin");
  made.append_dot_mydomain_ = settings.boolean("append_dot_mydomain");
  return made;
}

// In the order in which Postfix asks them.
std::span<address_resolver::list_of_class const> address_resolver::lists() {
  static constexpr std::array rows{list_of_class{&address_resolver::mydestination_, address_class::local},
                                   list_of_class{&address_resolver::virtual_alias_, address_class::virtual_alias},
                                   list_of_class{&address_resolver::virtual_mailbox_, address_class::virtual_mailbox},
                                   list_of_class{&address_resolver::relay_, address_class::relay}};
  return rows;
}

// No domain at all is ours, and an address literal is when it is one of our addresses.
std::optional<address_class> address_resolver::class_of_literal(std::string const& domain) const {
  if (domain.empty()) return address_class::local;
  auto literal = literal_address(domain);
  if (!literal) return std::nullopt;
  return std::ranges::find(own_addresses_, *literal) != own_addresses_.end() ? address_class::local
                                                                             : address_class::remote;
}

resolved_address address_resolver::complete(std::string_view address) const {
  resolved_address out;
  out.written = address;
  auto parts = message::split_address(address);
  out.local_part = parts.local_part;
  out.domain = parts.domain;
  if (out.domain.ends_with('.')) out.domain.pop_back();
  if (out.domain.empty() && append_at_myorigin_) out.domain = myorigin_;
  if (append_dot_mydomain_ && !out.domain.contains('.') && !out.domain.starts_with('[') && !out.domain.empty()) {
    out.domain += "." + mydomain_;
  }
  out.address = message::format_address(out.local_part, out.domain);
  out.sender_routed = !allow_untrusted_routing_ && out.local_part.find_first_of("@%!") != std::string::npos;
  return out;
}

resolved_address address_resolver::resolve(std::string_view address) const {
  auto out = complete(address);
  if (auto known = class_of_literal(out.domain)) {
    out.klass = *known;
    return out;
  }
  for (auto const& row : lists()) {
    if (!(this->*row.list).matches(out.domain)) continue;
    out.klass = row.klass;
    break;
  }
  return out;
}

bool address_resolver::blocks() const {
  return std::ranges::any_of(lists(), [this](auto const& row) { return (this->*row.list).blocks(); });
}

std::expected<resolved_address, maps::lookup_failure> address_resolver::ask(std::string_view address,
                                                                            maps::answers& known) const {
  auto out = complete(address);
  if (auto klass = class_of_literal(out.domain)) {
    out.klass = *klass;
    return out;
  }
  for (auto const& row : lists()) {
    auto matched = (this->*row.list).ask(out.domain, known);
    if (!matched) return std::unexpected(matched.error());
    if (!*matched) continue;
    out.klass = row.klass;
    break;
  }
  return out;
}

}  // namespace postern::policy
