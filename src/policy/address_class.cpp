#include "policy/address_class.hpp"

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

address_class address_resolver::class_of(std::string const& domain) const {
  if (auto literal = literal_address(domain)) {
    return std::ranges::find(own_addresses_, *literal) != own_addresses_.end() ? address_class::local
                                                                               : address_class::remote;
  }
  if (mydestination_.matches(domain)) return address_class::local;
  if (virtual_alias_.matches(domain)) return address_class::virtual_alias;
  if (virtual_mailbox_.matches(domain)) return address_class::virtual_mailbox;
  if (relay_.matches(domain)) return address_class::relay;
  return address_class::remote;
}

resolved_address address_resolver::resolve(std::string_view address) const {
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
  out.klass = out.domain.empty() ? address_class::local : class_of(out.domain);
  out.sender_routed = !allow_untrusted_routing_ && out.local_part.find_first_of("@%!") != std::string::npos;
  return out;
}

}  // namespace postern::policy
