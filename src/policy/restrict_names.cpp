// The names that a client says: are they well-formed, complete, and known to the DNS?
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/host_name.hpp"
#include "policy/restrictions.hpp"

namespace postern::policy {
namespace {

subject helo_subject(evaluation const& run) { return {*run.client.helo, subjects::helo}; }

bool says_address(evaluation const& run) { return run.client.helo->starts_with('['); }

outcome reject_invalid_address(evaluation& run) {
  if (is_well_formed_host_address(*run.client.helo)) return outcome::none;
  return run.refuse_about(run.settings.codes.invalid_name, "5.5.2", helo_subject(run), "invalid ip address",
                          "the client greets with something that is no address");
}

/// Whether one of several kinds of records is there; nothing: pending.
struct name_search {
  bool pending = false;
  dns_status status = dns_status::no_such_name;
  bool accepts_no_mail = false;  ///< [RFC 7505]
};
name_search search_name(evaluation& run, std::string const& name, std::array<dns_kind, 2> kinds) {
  name_search out;
  bool failed = false;
  for (auto kind : kinds) {
    auto const* told = run.ask_dns(kind, name);
    if (told == nullptr) return {.pending = true};
    out.status = told->status;
    if (told->status == dns_status::found) {
      out.accepts_no_mail =
          kind == dns_kind::mail_exchangers && told->records.size() == 1 && told->records.front().text.empty();
      return out;
    }
    failed = failed || told->status == dns_status::try_again;
  }
  if (failed) out.status = dns_status::try_again;
  return out;
}

}  // namespace

outcome reject_invalid_helo_hostname(evaluation& run, restriction const& /*one*/) {
  if (!run.client.helo) return outcome::none;
  if (says_address(run)) return reject_invalid_address(run);
  auto name = without_last_dot(*run.client.helo);
  if (is_well_formed_host_name(name) || is_well_formed_host_address(name)) return outcome::none;
  return run.refuse_about(run.settings.codes.invalid_name, "5.5.2", helo_subject(run), "Invalid name",
                          "the client greets with something that is no host name");
}

outcome reject_non_fqdn_helo_hostname(evaluation& run, restriction const& /*one*/) {
  if (!run.client.helo) return outcome::none;
  if (says_address(run)) return reject_invalid_address(run);
  auto name = without_last_dot(*run.client.helo);
  if (is_well_formed_host_name(name) && name.contains('.')) return outcome::none;
  return run.refuse_about(run.settings.codes.non_fqdn, "5.5.2", helo_subject(run), "need fully-qualified hostname",
                          "the client greets with a name that has no domain");
}

outcome reject_unknown_helo_hostname(evaluation& run, restriction const& /*one*/) {
  if (!run.client.helo) return outcome::none;
  if (says_address(run)) return reject_invalid_address(run);
  auto name = lowercase(*run.client.helo);
  name_search found;
  if (is_well_formed_host_name(name))
    found = search_name(run, name, {dns_kind::host_addresses, dns_kind::mail_exchangers});
  if (found.pending) return outcome::pending;
  if (found.status == dns_status::found) return outcome::none;
  auto about = helo_subject(run);
  if (found.status == dns_status::try_again) {
    return run.defer_if_permitted(run.settings.unknown_name_tempfail, 450, "4.7.1", about.rejected("Host not found"),
                                  "the DNS could not be asked for the name that the client greets with");
  }
  return run.refuse_about(run.settings.codes.unknown_name, "4.7.1", about, "Host not found",
                          "the name that the client greets with has no address and no MX record");
}

// The address that a client says is its own choice: no ground to relay, in Postern.
outcome permit_naked_ip_address(evaluation& run, restriction const& one) {
  if (!run.client.helo || run.client.helo->find_first_not_of("0123456789.:") != std::string::npos) return outcome::none;
  if (auto said = reject_invalid_address(run); said != outcome::none) return said;
  return run.permit(one.row->name, helo_subject(run), std::nullopt);
}

outcome reject_non_fqdn_address(evaluation& run, restriction const& one) {
  bool sender = one.row->about == aspect::sender;
  if (sender ? (!run.client.sender || run.client.sender->empty()) : run.to == nullptr) return outcome::none;
  auto const& address = sender ? *run.client.sender : run.to->written;
  auto at = address.rfind('@');
  auto domain = at == std::string::npos ? std::string_view() : std::string_view(address).substr(at + 1);
  if (domain.starts_with('[') && domain.ends_with(']')) return outcome::none;
  domain = without_last_dot(domain);
  if (is_well_formed_host_name(domain) && domain.contains('.')) return outcome::none;
  return run.refuse_about(run.settings.codes.non_fqdn, "4.5.2",
                          {address, sender ? subjects::sender : subjects::recipient}, "need fully-qualified address",
                          "the address has no complete domain");
}

outcome reject_unknown_address_domain(evaluation& run, restriction const& one) {
  bool sender = one.row->about == aspect::sender;
  if (sender ? (!run.client.sender || run.client.sender->empty()) : run.to == nullptr) return outcome::none;
  auto found_class = sender ? run.resolve(*run.client.sender) : std::expected<resolved_address, outcome>(*run.to);
  if (!found_class) return found_class.error();
  auto const& resolved = *found_class;
  bool final_here = resolved.klass != address_class::relay && resolved.klass != address_class::remote;
  if (final_here || resolved.domain.starts_with('[')) return outcome::none;
  auto found = search_name(run, resolved.domain, {dns_kind::mail_exchangers, dns_kind::host_addresses});
  if (found.pending) return outcome::pending;
  subject about{resolved.written, sender ? subjects::sender : subjects::recipient};
  if (found.accepts_no_mail) {
    return run.refuse_about(sender ? 550 : 556, sender ? "5.7.27" : "5.1.10", about,
                            fmt::format("Domain {} does not accept mail (nullMX)", resolved.domain),
                            fmt::format("{} says in the DNS that it takes no mail", resolved.domain));
  }
  if (found.status == dns_status::found) return outcome::none;
  auto enhanced = sender ? "4.1.8" : "4.1.2";
  if (found.status == dns_status::try_again) {
    return run.defer_if_permitted(run.settings.unknown_address_tempfail, 450, enhanced,
                                  about.rejected("Domain not found"),
                                  fmt::format("the DNS could not be asked for {}", resolved.domain));
  }
  return run.refuse_about(run.settings.codes.unknown_address, enhanced, about, "Domain not found",
                          fmt::format("{} has neither an MX record nor an address", resolved.domain));
}

}  // namespace postern::policy
