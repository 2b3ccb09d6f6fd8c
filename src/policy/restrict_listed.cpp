// Who exists: recipients, and senders that say they are of ours; and, by a probe, those of others.
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/restrictions.hpp"
#include "policy/status_text.hpp"
#include "policy/table_lookup.hpp"

namespace postern::policy {
namespace {

/// One address that is asked about.
struct candidate {
  resolved_address address;
  subject about;
  bool sender = false;
};

/// Whether tables have the address; refused and pending are trouble.
struct membership {
  outcome trouble = outcome::none;
  bool member = false;
  std::string value = {};
};

membership find_member(evaluation& run, parameter_tables const& tables, candidate const& one) {
  if (tables.empty()) return {};
  auto found = look_up(run, tables, keys_of_address(run.settings, one.address));
  if (found.trouble == outcome::refused)
    return {run.lookup_failed(one.about.name, found.table + " could not be asked"), false};
  return {found.trouble, found.value.has_value(), found.value.value_or("")};
}

outcome refuse_unknown(evaluation& run, candidate const& one, int code, std::string_view table,
                       std::string_view parameter) {
  // A code for a sender that is not in a table of recipients; an alias domain is the address's own fault.
  bool alias = parameter == "virtual_alias_maps";
  auto text = std::string("User unknown");
  // Postfix names this one whatever show_user_unknown_table_name says.
  if (run.settings.name_tables || alias) text += fmt::format(" in {} table", table);
  auto enhanced = one.sender && !alias ? std::string("5.1.0") : fit_status("5.1.1", one.about.what);
  return run.refuse_about(code, enhanced, one.about, text,
                          fmt::format("{} has no {}; see {}", one.address.domain, one.about.name, parameter));
}

// Addresses that this system makes for itself, and the one that everybody has. [RFC 5321 §4.5.1]
bool always_exists(gate_settings const& settings, resolved_address const& address) {
  for (std::string_view name : {std::string_view("postmaster"), std::string_view("mailer-daemon"),
                                std::string_view(settings.double_bounce_sender)}) {
    if (iequals(address.local_part, name)) return true;
  }
  return false;
}

outcome check_local(evaluation& run, candidate const& one) {
  auto const& settings = run.settings;
  bool unchecked = settings.local_recipients.empty() && !settings.local_accounts;
  if (unchecked || always_exists(settings, one.address)) return outcome::none;
  auto listed = find_member(run, settings.local_recipients, one);
  if (listed.trouble != outcome::none || listed.member) return listed.trouble;
  if (settings.local_accounts) {
    auto const* told = run.ask(account_question{one.address.address});
    if (told == nullptr) return outcome::pending;
    run.trace_lookup("account " + one.address.address, *told == existence::exists ? "exists" : "");
    if (*told == existence::exists) return outcome::none;
    if (*told == existence::unavailable)
      return run.lookup_failed(one.about.name, "authd could not be asked whether the user exists");
  }
  return refuse_unknown(run, one, settings.codes.unknown_local, "local recipient", "local_recipient_maps");
}

outcome check_in(evaluation& run, candidate const& one, parameter_tables const& tables, int code, std::string_view name,
                 std::string_view parameter) {
  if (tables.empty()) return outcome::none;
  auto listed = find_member(run, tables, one);
  if (listed.trouble != outcome::none || listed.member) return listed.trouble;
  return refuse_unknown(run, one, code, name, parameter);
}

outcome check_class(evaluation& run, candidate const& one) {
  auto const& settings = run.settings;
  // user%other@ours is not somebody here; as a recipient it has passed the relay lists already.
  if (one.sender && one.address.sender_routed) return outcome::none;
  switch (one.address.klass) {
    case address_class::local:
      return check_local(run, one);
    case address_class::virtual_alias:
      return refuse_unknown(run, one, settings.codes.unknown_alias, "virtual alias", "virtual_alias_maps");
    case address_class::virtual_mailbox:
      return check_in(run, one, settings.virtual_mailboxes, settings.codes.unknown_mailbox, "virtual mailbox",
                      "virtual_mailbox_maps");
    case address_class::relay:
      return check_in(run, one, settings.relay_recipients, settings.codes.unknown_relay_recipient, "relay recipient",
                      "relay_recipient_maps");
    case address_class::remote:
      return outcome::none;
  }
  return outcome::none;
}

outcome check_listed(evaluation& run, candidate const& one) {
  auto const& settings = run.settings;
  // What is rewritten or redirected exists. Where to is not looked at.
  for (auto const* tables : {&settings.recipient_canonical, one.sender ? &settings.sender_canonical : nullptr,
                             &settings.canonical, &settings.virtual_alias}) {
    if (tables == nullptr) continue;
    auto found = find_member(run, *tables, one);
    if (found.trouble != outcome::none || found.member) return found.trouble;
  }
  auto moved = find_member(run, settings.relocated, one);
  if (moved.trouble != outcome::none) return moved.trouble;
  if (moved.member) {
    return run.refuse_about(550, fit_status("5.1.6", one.about.what), one.about, "User has moved to " + moved.value,
                            "relocated_maps says so");
  }
  return check_class(run, one);
}

}  // namespace

outcome check_recipient_listed(evaluation& run) {
  if (run.to == nullptr || run.recipient_checked) return outcome::none;
  if (!run.warns_only()) run.recipient_checked = true;
  return check_listed(run, {*run.to, {run.to->written, subjects::recipient}, false});
}

outcome check_sender_listed(evaluation& run) {
  if (!run.client.sender || run.client.sender->empty() || run.sender_checked) return outcome::none;
  if (!run.warns_only()) run.sender_checked = true;
  auto const& sender = *run.client.sender;
  auto resolved = run.resolve(sender);
  if (!resolved) return resolved.error();
  return check_listed(run, {std::move(*resolved), {sender, subjects::sender}, true});
}

outcome reject_unlisted_recipient(evaluation& run, restriction const& /*one*/) { return check_recipient_listed(run); }
outcome reject_unlisted_sender(evaluation& run, restriction const& /*one*/) { return check_sender_listed(run); }

namespace {

// Of what the probe was told; Postfix has the same limit.
constexpr std::size_t probe_text_max = 250;

struct probe_rules {
  int reject = 450;
  int defer = 450;
  std::string_view enhanced;
  std::string const& reason;
  tempfail when_unknown;
};

outcome refuse_unverified(evaluation& run, subject const& about, probe_rules const& rules) {
  using status = probe_answer::status;
  auto const* told = run.ask(probe_question{about.name, run.settings.probe_patience});
  if (told == nullptr) return outcome::pending;
  run.trace_lookup("probe of " + about.name, told->text);
  if (told->what == status::deliverable) return outcome::none;
  if (told->what == status::unavailable) {
    return run.defer_if_permitted(rules.when_unknown, 450, rules.enhanced,
                                  about.rejected("address verification problem"), told->text);
  }
  bool const failed = told->what == status::undeliverable;
  int const code = failed ? rules.reject : rules.defer;
  if (code < 400) return outcome::none;
  auto const why = failed ? "its mail server does not take mail for it" : "nobody knows yet whether it is deliverable";
  auto const text = printable(rules.reason.empty() ? told->text : rules.reason);
  if (code >= 500) return run.refuse_about(code, rules.enhanced, about, "undeliverable address: " + text, why);
  return run.defer_if_permitted(rules.when_unknown, code, rules.enhanced,
                                about.rejected("unverified address: " + text.substr(0, probe_text_max)), why);
}

}  // namespace

outcome reject_unverified_sender(evaluation& run, restriction const& /*one*/) {
  if (!run.client.sender || run.client.sender->empty()) return outcome::none;
  auto const& settings = run.settings;
  return refuse_unverified(run, {*run.client.sender, subjects::sender},
                           {settings.codes.unverified_sender, settings.codes.unverified_sender_defer, "4.1.7",
                            settings.unverified_sender_reason, settings.unverified_sender_tempfail});
}

outcome reject_unverified_recipient(evaluation& run, restriction const& /*one*/) {
  if (run.to == nullptr) return outcome::none;
  auto const& settings = run.settings;
  return refuse_unverified(run, {run.to->written, subjects::recipient},
                           {settings.codes.unverified_recipient, settings.codes.unverified_recipient_defer, "4.1.1",
                            settings.unverified_recipient_reason, settings.unverified_recipient_tempfail});
}

}  // namespace postern::policy
