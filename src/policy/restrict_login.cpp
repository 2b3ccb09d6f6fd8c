// Who the client has shown to be: by a login or a certificate; and which senders are whose.
#include <fmt/format.h>

#include "policy/relay_grounds.hpp"
#include "policy/restrictions.hpp"
#include "policy/sender_ownership.hpp"
#include "policy/table_lookup.hpp"

namespace postern::policy {

outcome permit_sasl_authenticated(evaluation& run, restriction const& one) {
  if (!run.settings.sasl_enabled || run.client.sasl_user.empty()) return outcome::none;
  return run.permit(one.row->name, run.client_subject(), std::string(one.row->name));
}

// A fingerprint that is listed needs no CA that vouches for it.
outcome permit_tls_clientcerts(evaluation& run, restriction const& one) {
  if (!run.client.tls || !run.client.tls->certificate) return outcome::none;
  auto const& tables = run.settings.relay_certificates;
  for (auto const& print : {run.client.tls->certificate->fingerprint, run.client.tls->certificate->key_fingerprint}) {
    if (print.empty()) continue;
    auto found = look_up(run, tables, {{print}});
    if (found.trouble == outcome::pending) return outcome::pending;
    if (found.trouble == outcome::refused) return outcome::none;
    if (!found.value) continue;
    auto grounds = find_relay_grounds(run, tables.tables, found, key_origin::certificate, one.text);
    if (grounds.pending) return outcome::pending;
    return run.permit(one.row->name, run.client_subject(), std::move(grounds.text));
  }
  return outcome::none;
}

outcome permit_tls_all_clientcerts(evaluation& run, restriction const& one) {
  if (run.client.tls && run.client.tls->certificate && run.client.tls->certificate->trusted) {
    return run.permit(one.row->name, run.client_subject(),
                      fmt::format("{} ({})", one.row->name, run.client.tls->certificate->subject_cn));
  }
  return permit_tls_clientcerts(run, one);
}

namespace {

bool has_sender(evaluation const& run) {
  return run.settings.sasl_enabled && run.client.sender && !run.client.sender->empty();
}

}  // namespace

outcome reject_authenticated_sender_login_mismatch(evaluation& run, restriction const& /*one*/) {
  return has_sender(run) ? check_owner(run, *run.client.sender, ownership_rule::all) : outcome::none;
}

outcome reject_known_sender_login_mismatch(evaluation& run, restriction const& one) {
  if (run.client.sasl_user.empty()) return reject_unauthenticated_sender_login_mismatch(run, one);
  return has_sender(run) ? check_owner(run, *run.client.sender, ownership_rule::of_somebody) : outcome::none;
}

outcome reject_unauthenticated_sender_login_mismatch(evaluation& run, restriction const& /*one*/) {
  return has_sender(run) ? check_not_logged_in(run, *run.client.sender) : outcome::none;
}

outcome reject_sender_login_mismatch(evaluation& run, restriction const& one) {
  return run.client.sasl_user.empty() ? reject_unauthenticated_sender_login_mismatch(run, one)
                                      : reject_authenticated_sender_login_mismatch(run, one);
}

}  // namespace postern::policy
