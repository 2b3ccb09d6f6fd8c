// check_…_{a,mx,ns}_access: what a table says of the hosts behind a name: their names, then their addresses.
#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/access_query.hpp"
#include "policy/restrictions.hpp"

namespace postern::policy {
namespace {

struct target {
  std::string name;  ///< a host, a domain, or an address whose domain counts
  subject about;
};

std::optional<target> target_of(evaluation const& run, aspect about) {
  auto const& client = run.client;
  auto unless_unknown = [](std::string const& name, subject what) {
    return name == "unknown" ? std::nullopt : std::optional(target{name, std::move(what)});
  };
  switch (about) {
    case aspect::client:
      return unless_unknown(client.name, run.client_subject());
    case aspect::reverse_client:
      return unless_unknown(client.reverse_name, {client.reverse_name, subjects::reverse_client});
    case aspect::helo:
      if (!client.helo) return std::nullopt;
      return target{*client.helo, {*client.helo, subjects::helo}};
    case aspect::sender:
      if (!client.sender || client.sender->empty()) return std::nullopt;
      return target{*client.sender, {*client.sender, subjects::sender}};
    case aspect::recipient:
      if (run.to == nullptr || run.to->written.empty()) return std::nullopt;
      return target{run.to->written, {run.to->written, subjects::recipient}};
    default:
      return std::nullopt;
  }
}

struct host_list {
  bool pending = false;
  std::vector<std::string> hosts;
};

void warn_unfound(evaluation& run, restriction const& one, std::string_view name, std::string_view why) {
  run.warn(fmt::format("Unable to look up {} host for {}: {}", format_dns_kind(one.row->records), name, why));
}

// A name without name servers of its own is served by those of a domain above it.
host_list find_name_servers(evaluation& run, restriction const& one, std::string name) {
  for (;;) {
    auto const* told = run.ask_dns(dns_kind::name_servers, name);
    if (told == nullptr) return {true, {}};
    if (told->status == dns_status::found) {
      host_list out;
      for (auto const& record : told->records) out.hosts.push_back(record.text);
      return out;
    }
    auto dot = name.find('.');
    bool more = told->status != dns_status::try_again && dot != std::string::npos && dot + 1 < name.size();
    if (!more) {
      warn_unfound(run, one, name, told->error);
      return {};
    }
    name.erase(0, dot + 1);
  }
}

// Without an MX record the domain itself is the host. [RFC 5321 §5.1]
host_list find_mail_exchangers(evaluation& run, restriction const& one, std::string const& name) {
  auto const* told = run.ask_dns(dns_kind::mail_exchangers, name);
  if (told == nullptr) return {true, {}};
  if (told->status == dns_status::try_again) {
    warn_unfound(run, one, name, told->error);
    return {};
  }
  if (told->status != dns_status::found) return {false, {name}};
  host_list out;
  for (auto const& record : told->records) {
    if (!record.text.empty()) out.hosts.push_back(record.text);
  }
  return out;
}

host_list find_hosts(evaluation& run, restriction const& one, std::string const& name) {
  if (one.row->records == dns_kind::name_servers) return find_name_servers(run, one, name);
  if (one.row->records == dns_kind::mail_exchangers) return find_mail_exchangers(run, one, name);
  return {false, {name}};
}

access_result ask_address(evaluation& run, restriction const& one, subject const& about, std::string const& address) {
  return ask_table(run, one, {maps::network_keys(address), about, address});
}

outcome ask_about_host(evaluation& run, restriction const& one, subject const& about, std::string const& host,
                       bool& found) {
  // check_…_a_access looks at addresses alone.
  access_result by_name;
  if (one.row->records != dns_kind::host_addresses)
    by_name = ask_table(run, one, {maps::domain_keys(host, run.settings.access_subdomains), about, host});
  found = by_name.found;
  if (found) return by_name.said;
  auto const* told = run.ask_dns(dns_kind::host_addresses, host);
  if (told == nullptr) return outcome::pending;
  if (told->status != dns_status::found) {
    run.warn(fmt::format("Unable to look up {} host {} for {} {}: {}", format_dns_kind(one.row->records), host,
                         about.what, about.name, told->error));
    return outcome::none;
  }
  for (auto const& address : told->records) {
    auto by_address = ask_address(run, one, about, address.text);
    found = by_address.found;
    if (found) return by_address.said;
  }
  return outcome::none;
}

// "[192.0.2.1]" or "[IPv6:2001:db8::1]"
std::optional<std::string> literal_address(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) return std::nullopt;
  auto inner = domain.substr(1, domain.size() - 2);
  if (istarts_with(inner, "ipv6:")) inner.remove_prefix(5);
  auto address = ip_address::parse(inner);
  return address ? std::optional(address->text()) : std::optional<std::string>("");
}

}  // namespace

outcome check_server_access(evaluation& run, restriction const& one) {
  auto asked = target_of(run, one.row->about);
  if (!asked) return outcome::none;
  auto domain = lowercase(asked->name.substr(asked->name.rfind('@') + 1));
  if (domain.empty()) return outcome::none;
  if (auto literal = literal_address(domain)) {
    if (literal->empty() || one.row->records == dns_kind::name_servers) return outcome::none;
    return forbid_permit(run, one, ask_address(run, one, asked->about, *literal).said, asked->name);
  }
  auto servers = find_hosts(run, one, domain);
  if (servers.pending) return outcome::pending;
  for (auto const& host : servers.hosts) {
    bool found = false;
    auto said = ask_about_host(run, one, asked->about, host, found);
    if (found || said != outcome::none) return forbid_permit(run, one, said, asked->name);
  }
  return outcome::none;
}

}  // namespace postern::policy
