// Who the client is by its address and its connection.
#include <algorithm>

#include <fmt/format.h>

#include "policy/restrictions.hpp"

namespace postern::policy {

outcome permit_inet_interfaces(evaluation& run, restriction const& one) {
  auto const& own = run.settings.own_addresses;
  if (std::ranges::find(own, run.client.address) == own.end()) return outcome::none;
  return run.permit(one.row->name, run.client_subject(), std::string(one.row->name));
}

outcome permit_mynetworks(evaluation& run, restriction const& one) {
  auto const* network = run.settings.mynetworks.find(run.client.address);
  if (network == nullptr || holds_strangers(*network)) return outcome::none;
  run.trace_lookup("mynetworks " + run.client.address.text(), network->text());
  return run.permit(one.row->name, run.client_subject(), fmt::format("permit_mynetworks ({})", network->text()));
}

// SMTP after POP or IMAP: anvil knows who logged in from there, and for which senders that counts.
outcome permit_mail_access(evaluation& run, restriction const& one) {
  if (!run.client.sender) return outcome::none;
  auto const* told = run.ask(mail_access_question{run.client.address.text(), *run.client.sender});
  if (told == nullptr) return outcome::pending;
  run.trace_lookup("mail access from " + run.client.address.text(),
                   told->account.empty() ? told->explanation : told->account);
  if (told->account.empty()) {
    run.note_no_window(told->explanation);
    return outcome::none;
  }
  return run.permit(one.row->name, run.client_subject(), fmt::format("permit_mail_access ({})", told->account));
}

outcome reject_plaintext_session(evaluation& run, restriction const& /*one*/) {
  if (run.client.tls) return outcome::none;
  return run.refuse(run.settings.codes.plaintext, "4.7.1", "Session encryption is required",
                    "the client did not start TLS");
}

namespace {

std::string explain_name(name_status status, std::string_view address) {
  if (status == name_status::temporary) return fmt::format("the DNS could not be asked for the name of {}", address);
  if (status == name_status::unverified)
    return fmt::format("the name of {} does not have that address among its own", address);
  return fmt::format("{} has no name in the DNS", address);
}

}  // namespace

outcome reject_unknown_client_hostname(evaluation& run, restriction const& /*one*/) {
  if (run.client.status == name_status::ok) return outcome::none;
  bool temporary = run.client.status == name_status::temporary;
  auto address = run.client.address.text();
  return run.refuse(temporary ? 450 : run.settings.codes.unknown_client, "4.7.25",
                    fmt::format("Client host rejected: cannot find your hostname, [{}]", address),
                    explain_name(run.client.status, address));
}

outcome reject_unknown_reverse_client_hostname(evaluation& run, restriction const& /*one*/) {
  if (run.client.reverse_name != "unknown") return outcome::none;
  bool temporary = run.client.reverse_status == name_status::temporary;
  auto address = run.client.address.text();
  return run.refuse(temporary ? 450 : run.settings.codes.unknown_client, "4.7.1",
                    fmt::format("Client host rejected: cannot find your reverse hostname, [{}]", address),
                    explain_name(run.client.reverse_status, address));
}

}  // namespace postern::policy
