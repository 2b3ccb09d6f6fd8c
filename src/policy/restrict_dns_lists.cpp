// Lists in the DNS that name bad clients and domains, and good ones. [RFC 5782]
#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/host_name.hpp"
#include "policy/list_reply.hpp"
#include "policy/restrictions.hpp"
#include "policy/status_text.hpp"
#include "policy/table_lookup.hpp"

namespace postern::policy {
namespace {

enum class listing : std::uint8_t { no, yes, unknown, pending };

listing find_listing(evaluation& run, dns_list const& list, std::string const& query) {
  auto const* told = run.ask_dns(dns_kind::ipv4_addresses, query);
  if (told == nullptr) return listing::pending;
  if (told->status == dns_status::try_again) {
    run.warn(fmt::format("{}: RBL lookup error: {}", query, told->error));
    return listing::unknown;
  }
  for (auto const& record : told->records) {
    auto answer = ip_address::parse(record.text);
    if (answer && list.counts(*answer)) return listing::yes;
  }
  return listing::no;
}

/// The domain of what a domain list is asked for; empty where there is none to ask for.
std::string domain_to_list(std::string_view what) {
  auto domain = lowercase(what.substr(what.rfind('@') + 1));
  if (domain.starts_with('[') || !is_well_formed_host_name(without_last_dot(domain))) return {};
  // Lists of domains answer nonsense to what looks like an address.
  auto last = std::string_view(domain).substr(domain.rfind('.') + 1);
  return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos ? std::string() : domain;
}

std::optional<subject> subject_of(evaluation const& run, aspect about) {
  auto const& client = run.client;
  switch (about) {
    case aspect::client:
      if (client.name == "unknown") return std::nullopt;
      return subject{client.name, subjects::client};
    case aspect::reverse_client:
      if (client.reverse_name == "unknown") return std::nullopt;
      return subject{client.reverse_name, subjects::reverse_client};
    case aspect::helo:
      if (!client.helo) return std::nullopt;
      return subject{*client.helo, subjects::helo};
    case aspect::sender:
      if (!client.sender || client.sender->empty()) return std::nullopt;
      return subject{*client.sender, subjects::sender};
    case aspect::recipient:
      if (run.to == nullptr) return std::nullopt;
      return subject{run.to->written, subjects::recipient};
    default:
      return std::nullopt;
  }
}

/// The text that rbl_reply_maps or default_rbl_reply has for this list.
std::expected<std::string, outcome> find_template(evaluation& run, dns_list const& list) {
  if (run.settings.list_replies.empty()) return run.settings.list_reply_template;
  auto found = look_up(run, run.settings.list_replies, {{list.domain}});
  if (found.trouble == outcome::pending) return std::unexpected(outcome::pending);
  if (found.trouble == outcome::refused)
    return std::unexpected(
        run.lookup_failed(run.client.text(), "rbl_reply_maps: " + found.table + " could not be asked"));
  return found.value.value_or(run.settings.list_reply_template);
}

outcome refuse_listed(evaluation& run, dns_list const& list, std::string const& query, subject const& about) {
  auto const* texts = run.ask_dns(dns_kind::texts, query);
  if (texts == nullptr) return outcome::pending;
  std::string reason = texts->records.empty() ? std::string() : texts->records.front().text;
  auto text = find_template(run, list);
  if (!text) return text.error();
  list_reply_facts facts{run.client, run.settings.codes.dns_list, list.domain, reason, about};
  if (run.to != nullptr) facts.recipient = run.to->written;
  auto reply = format_list_reply(*text, facts);
  if (!reply) {
    run.warn(reply.error().text);
    reply = format_list_reply(default_list_reply, facts);
  }
  auto [status, why] = split_status(reply->text, "4.7.1");
  return run.refuse(
      reply->code, fit_status(status, about.what), std::string(why),
      fmt::format("{} lists {}: {}", list.domain, about.name, reason.empty() ? "no reason given" : reason));
}

outcome reject_address(evaluation& run, dns_list const& list) {
  auto query = format_list_query(run.client.address, list.domain);
  auto said = find_listing(run, list, query);
  if (said == listing::pending) return outcome::pending;
  if (said != listing::yes) return outcome::none;
  return refuse_listed(run, list, query, {run.client.address.text(), subjects::client});
}

/// A list must not let strangers relay; where it is not known whether it would have let in, a refusal waits.
outcome permit_listed(evaluation& run, restriction const& one, std::string const& query, subject const& about) {
  bool relaying = run.to != nullptr && !is_authorized_destination(*run.to);
  if (relaying) return outcome::none;
  auto said = find_listing(run, one.list, query);
  if (said == listing::pending) return outcome::pending;
  if (said == listing::unknown) {
    run.defer_if_rejected(450, "4.7.1", fmt::format("<{}>: {} rejected: Service unavailable", about.name, about.what));
    return outcome::none;
  }
  if (said == listing::no) return outcome::none;
  return run.permit(one.row->name, run.client_subject(), std::nullopt);
}

}  // namespace

outcome reject_listed_client(evaluation& run, restriction const& one) { return reject_address(run, one.list); }

outcome reject_listed_domain(evaluation& run, restriction const& one) {
  auto about = subject_of(run, one.row->about);
  if (!about) return outcome::none;
  auto domain = domain_to_list(about->name);
  if (domain.empty()) return outcome::none;
  auto query = fmt::format("{}.{}", domain, one.list.domain);
  auto said = find_listing(run, one.list, query);
  if (said == listing::pending) return outcome::pending;
  if (said != listing::yes) return outcome::none;
  return refuse_listed(run, one.list, query, *about);
}

outcome permit_listed_client(evaluation& run, restriction const& one) {
  return permit_listed(run, one, format_list_query(run.client.address, one.list.domain), run.client_subject());
}

outcome permit_listed_domain(evaluation& run, restriction const& one) {
  auto about = subject_of(run, one.row->about);
  if (!about) return outcome::none;
  auto domain = domain_to_list(about->name);
  if (domain.empty()) return outcome::none;
  return permit_listed(run, one, fmt::format("{}.{}", domain, one.list.domain), *about);
}

outcome reject_maps_rbl(evaluation& run, restriction const& /*one*/) {
  for (auto const& domain : run.settings.old_dns_lists) {
    auto list = parse_dns_list(domain);
    if (!list) return run.misconfigured("maps_rbl_domains: " + list.error().text);
    if (auto said = reject_address(run, *list); said != outcome::none) return said;
  }
  return outcome::none;
}

}  // namespace postern::policy
