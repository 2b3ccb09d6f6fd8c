// Where mail goes: to us, to whom we relay for, or elsewhere.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/restrictions.hpp"

namespace postern::policy {

bool is_authorized_destination(resolved_address const& to) {
  return address_resolver::is_authorized(to.klass) && !to.sender_routed;
}

std::string explain_relay_denied(resolved_address const& to) {
  auto why =
      to.sender_routed && to.klass != address_class::remote
          ? fmt::format("the local-part '{}' asks for forwarding elsewhere", printable(to.local_part))
          : fmt::format("{} is not in mydestination, virtual_mailbox_domains or relay_domains", printable(to.domain));
  return why + ", and the client neither logged in nor is in mynetworks; a user of yours must log in to send";
}

outcome permit_auth_destination(evaluation& run, restriction const& one) {
  if (run.to == nullptr || !is_authorized_destination(*run.to)) return outcome::none;
  return run.permit(one.row->name, {run.to->written, subjects::recipient}, std::nullopt);
}

namespace {

outcome refuse_unauthorized(evaluation& run, int code, std::string_view enhanced) {
  if (run.to == nullptr || is_authorized_destination(*run.to)) return outcome::none;
  return run.refuse(code, enhanced, fmt::format("<{}>: Relay access denied", run.to->written),
                    explain_relay_denied(*run.to));
}

}  // namespace

outcome reject_unauth_destination(evaluation& run, restriction const& /*one*/) {
  return refuse_unauthorized(run, run.settings.codes.relay, "5.7.1");
}

outcome defer_unauth_destination(evaluation& run, restriction const& /*one*/) {
  return refuse_unauthorized(run, run.settings.codes.relay - 100, "4.7.1");
}

// As it was before reject_unauth_destination: clients whose names are in relay_domains may relay too.
outcome check_relay_domains(evaluation& run, restriction const& one) {
  if (run.to == nullptr) return outcome::none;
  subject about{run.to->written, subjects::recipient};
  if (is_authorized_destination(*run.to)) return run.permit(one.row->name, about, std::nullopt);
  if (run.client.status == name_status::ok && run.settings.relay_domains.matches(lowercase(run.client.name)))
    return run.permit(one.row->name, about, fmt::format("check_relay_domains ({})", run.client.name));
  return run.refuse_about(run.settings.codes.relay, "5.7.1", about, "Relay access denied",
                          explain_relay_denied(*run.to));
}

namespace {

/// What the hosts of one exchanger came to.
struct exchanger_addresses {
  bool pending = false;
  bool failed = false;
  std::vector<ip_address> addresses;
};

exchanger_addresses find_addresses(evaluation& run, std::string const& host) {
  exchanger_addresses out;
  auto const* told = run.ask_dns(dns_kind::host_addresses, host);
  if (told == nullptr) return {.pending = true, .failed = false, .addresses = {}};
  out.failed = told->status == dns_status::try_again;
  for (auto const& record : told->records) {
    if (auto address = ip_address::parse(record.text)) out.addresses.push_back(*address);
  }
  return out;
}

void defer_mx(evaluation& run, subject const& about, std::string_view why) {
  run.defer_if_rejected(450, "4.4.4", about.rejected(why));
}

constexpr std::string_view again = "Host not found, try again";

struct backup_search {
  bool pending = false;
  bool here = false;     ///< we are among the exchangers
  bool primary = false;  ///< and none is before us
};

backup_search search_exchangers(evaluation& run, std::vector<dns_record> const& exchangers, subject const& about) {
  backup_search out;
  std::uint16_t best = exchangers.front().preference;
  for (auto const& one : exchangers) best = std::min(best, one.preference);
  for (auto const& one : exchangers) {
    if (one.text.empty()) continue;
    auto found = find_addresses(run, one.text);
    if (found.pending) return {.pending = true};
    if (found.failed)
      defer_mx(run, about, fmt::format("Unable to look up mail exchanger host {}: {}", one.text, again));
    auto const& own = run.settings.own_addresses;
    bool ours = std::ranges::any_of(found.addresses,
                                    [&](auto const& address) { return std::ranges::find(own, address) != own.end(); });
    out.here = out.here || ours;
    out.primary = out.primary || (ours && one.preference == best);
  }
  return out;
}

/// The exchangers of the best preference all stand in permit_mx_backup_networks. Nothing: pending.
std::optional<bool> are_primaries_known(evaluation& run, std::vector<dns_record> const& exchangers,
                                        subject const& about) {
  std::uint16_t best = exchangers.front().preference;
  for (auto const& one : exchangers) best = std::min(best, one.preference);
  for (auto const& one : exchangers) {
    if (one.preference != best) continue;
    auto found = find_addresses(run, one.text);
    if (found.pending) return std::nullopt;
    if (found.failed)
      defer_mx(run, about, fmt::format("Unable to look up host {} as mail exchanger: {}", one.text, again));
    bool known = !found.addresses.empty() && std::ranges::all_of(found.addresses, [&](auto const& address) {
      return run.settings.backup_networks.find(address) != nullptr;
    });
    if (!known) return false;
  }
  return true;
}

}  // namespace

// We are a backup for a domain when the DNS names us after others. [RFC 5321 §5.1]
outcome permit_mx_backup(evaluation& run, restriction const& one) {
  if (run.to == nullptr) return outcome::none;
  subject about{run.to->written, subjects::recipient};
  if (is_authorized_destination(*run.to)) return run.permit(one.row->name, about, std::nullopt);
  if (run.to->sender_routed || run.to->domain.starts_with('[')) return outcome::none;
  auto const* told = run.ask_dns(dns_kind::mail_exchangers, run.to->domain);
  if (told == nullptr) return outcome::pending;
  if (told->status == dns_status::try_again)
    defer_mx(run, about, fmt::format("Unable to look up mail exchanger information: {}", again));
  if (told->status != dns_status::found || told->records.empty()) return outcome::none;
  auto search = search_exchangers(run, told->records, about);
  if (search.pending) return outcome::pending;
  if (!search.here || search.primary) return outcome::none;
  if (!run.settings.backup_networks.positive_networks().empty()) {
    auto known = are_primaries_known(run, told->records, about);
    if (!known) return outcome::pending;
    if (!*known) return outcome::none;
  }
  return run.permit(one.row->name, about, fmt::format("permit_mx_backup ({})", run.to->domain));
}

}  // namespace postern::policy
