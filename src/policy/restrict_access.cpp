// check_…_access: what an access table says of a name, an address, a certificate or a login.
#include "base/text.hpp"
#include "policy/access_query.hpp"
#include "policy/restrictions.hpp"
#include "policy/table_lookup.hpp"

namespace postern::policy {
outcome check_client_access(evaluation& run, restriction const& one) {
  bool reverse = one.row->about == aspect::reverse_client;
  auto const& name = reverse ? run.client.reverse_name : run.client.name;
  subject about = reverse ? subject{name, subjects::reverse_client} : run.client_subject();
  bool subdomains = run.settings.access_subdomains;
  auto name_origin = reverse || name == "unknown" ? key_origin::claimed : key_origin::name;
  auto by_name = ask_table(run, one, {maps::domain_keys(name, subdomains), about, name, name_origin});
  if (by_name.found) return reverse ? forbid_permit(run, one, by_name.said, name) : by_name.said;
  auto address = run.client.address.text();
  auto address_origin = reverse ? key_origin::claimed : key_origin::address;
  auto by_address = ask_table(run, one, {maps::network_keys(address), about, address, address_origin});
  return reverse ? forbid_permit(run, one, by_address.said, name) : by_address.said;
}

outcome check_domain_access(evaluation& run, restriction const& one) {
  bool helo = one.row->about == aspect::helo;
  if (helo && !run.client.helo) return outcome::none;
  if (!helo && run.etrn_domain.empty()) return outcome::none;
  auto name = helo ? *run.client.helo : std::string(run.etrn_domain);
  subject about{name, helo ? subjects::helo : subjects::etrn};
  return ask_table(run, one, {maps::domain_keys(name, run.settings.access_subdomains), about, name}).said;
}

outcome check_address_access(evaluation& run, restriction const& one) {
  bool recipient = one.row->about == aspect::recipient;
  if (recipient ? run.to == nullptr : !run.client.sender) return outcome::none;
  auto const& written = recipient ? run.to->written : *run.client.sender;
  subject about{written, recipient ? subjects::recipient : subjects::sender};
  if (written.empty()) return ask_table(run, one, {{{run.settings.null_key}}, about, run.settings.null_key}).said;
  auto found = recipient ? std::expected<resolved_address, outcome>(*run.to) : run.resolve(written);
  if (!found) return found.error();
  auto const& resolved = *found;
  table_query query{maps::access_address_keys(table_form(resolved), run.settings.access_subdomains,
                                              run.settings.extensions, run.settings.null_key),
                    about, written, recipient ? key_origin::recipient : key_origin::claimed};
  // Where such mail would go in the end is not known. [user%other@…]
  bool suspicious = recipient && resolved.sender_routed;
  if (suspicious) query.origin = key_origin::claimed;
  auto said = ask_table(run, one, query).said;
  return suspicious && said == outcome::permitted ? outcome::none : said;
}

outcome check_certificate_access(evaluation& run, restriction const& one) {
  if (!run.client.tls || !run.client.tls->certificate) return outcome::none;
  auto const& certificate = *run.client.tls->certificate;
  subject about{certificate.subject_cn, subjects::certificate};
  if (one.search_order.empty()) return run.refuse_about(451, "4.3.5", about, "Server configuration error", one.trouble);
  for (auto key : one.search_order) {
    auto const& print = key == certificate_key::fingerprint ? certificate.fingerprint : certificate.key_fingerprint;
    if (print.empty()) continue;
    auto result = ask_table(run, one, {{{print}}, about, print, key_origin::certificate});
    if (result.found) return result.said;
  }
  return outcome::none;
}

outcome check_login_access(evaluation& run, restriction const& one) {
  if (!run.settings.sasl_enabled || run.client.sasl_user.empty()) return outcome::none;
  auto user = run.client.sasl_user;
  for (char& c : user) {
    if (!is_ascii_printable(c)) c = '_';
  }
  return ask_table(run, one, {{{user}}, {user, subjects::login}, user, key_origin::login}).said;
}

}  // namespace postern::policy
