#include "policy/gate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/evaluation.hpp"
#include "policy/restrictions.hpp"
#include "policy/sender_ownership.hpp"

namespace postern::policy {
namespace {

bool ends(outcome said) { return said == outcome::refused || said == outcome::pending; }

template <class Decision>
std::expected<Decision, question> conclude(Decision made, outcome said, answers& known) {
  if (said != outcome::pending) return made;
  return std::unexpected(known.take_wanted().value());
}

}  // namespace

relay_permit permit_for_system_mail() { return relay_permit("system mail"); }

result<gate> gate::load(config::settings const& settings, std::vector<ip_address> const& interfaces) {
  auto loaded = gate_settings::load(settings, interfaces);
  if (!loaded) return std::unexpected(loaded.error());
  gate made;
  made.settings_ = std::move(*loaded);
  return made;
}

outcome gate::run_client(evaluation& run) const { return run.run(settings_->lists.client, run.client_subject()); }

outcome gate::run_helo(evaluation& run) const {
  if (!run.client.helo) return outcome::none;
  return run.run(settings_->lists.helo, {*run.client.helo, subjects::helo});
}

outcome gate::run_sender(evaluation& run) const {
  if (!run.client.sender) return outcome::none;
  auto said = run.run(settings_->lists.sender, {*run.client.sender, subjects::sender});
  if (ends(said) || !settings_->check_senders || run.discarding()) return said;
  return check_sender_listed(run);
}

outcome gate::run_first_lists(evaluation& run) const {
  if (!settings_->delay_reject) return outcome::none;
  for (auto list : {&gate::run_client, &gate::run_helo, &gate::run_sender}) {
    if (auto said = (this->*list)(run); ends(said)) return said;
  }
  // Only the relay and recipient lists speak about relaying: a permit from another list is no ground for it.
  run.relay_grounds.reset();
  return outcome::none;
}

outcome gate::run_recipient(evaluation& run) const {
  if (auto said = run_first_lists(run); ends(said)) return said;
  auto const* first = &settings_->lists.relay;
  auto const* second = &settings_->lists.recipient;
  if (!settings_->relay_first) std::swap(first, second);
  for (auto const* list : {first, second}) {
    if (auto said = run.run(*list, {run.to->written, subjects::recipient}); ends(said)) return said;
  }
  if (auto said = run.settle(); ends(said)) return said;
  return settings_->check_recipients && !run.discarding() ? check_recipient_listed(run) : outcome::none;
}

void gate::accept_or_deny(evaluation const& run, recipient_decision& made) const {
  auto const& to = *run.to;
  bool ours = address_resolver::is_authorized(to.klass);
  auto grounds = run.relay_grounds;
  if (!grounds && run.discarding()) grounds = "the message is discarded";
  if (ours && (!to.sender_routed || grounds)) {
    made.accepted = accepted_recipient(to.address, to.klass, std::nullopt);
  } else if (grounds) {
    made.accepted = accepted_recipient(to.address, to.klass, relay_permit(*grounds));
  } else {
    made.refused = refusal{settings_->codes.relay, settings_->codes.relay < 500 ? "4.7.1" : "5.7.1",
                           fmt::format("<{}>: Relay access denied", to.written),
                           "smtpd_relay_restrictions: no restriction gave a ground to relay", explain_relay_denied(to)};
    if (auto const& why = run.why_no_window(); !why.empty())
      made.refused->explanation += "; permit_mail_access: " + why;
  }
}

gate::said gate::decide_connection(client_facts const& client, answers& known) const {
  decision made;
  evaluation run(*settings_, client, known, made);
  auto said = run_client(run);
  return conclude(std::move(made), said, known);
}

gate::said gate::decide_helo(client_facts const& client, answers& known) const {
  decision made;
  evaluation run(*settings_, client, known, made);
  auto said = run_helo(run);
  return conclude(std::move(made), said, known);
}

gate::said gate::decide_sender(client_facts const& client, answers& known) const {
  decision made;
  evaluation run(*settings_, client, known, made);
  auto said = run_sender(run);
  return conclude(std::move(made), said, known);
}

gate::said_of_recipient gate::decide_recipient(client_facts const& client, std::string_view recipient,
                                               answers& known) const {
  recipient_decision made;
  evaluation run(*settings_, client, known, made);
  // Whom we probe may probe the prober: two servers that did would never come to an end.
  bool const probing = client.at != command::vrfy && settings_->probe_from.knows(recipient, client.when);
  auto to = run.resolve(probing ? settings_->probe_from.plain() : recipient);
  auto said = to ? outcome::none : to.error();
  if (to) {
    run.to = &*to;
    // Everybody may write to the postmaster, whatever the lists say. [RFC 5321 §4.5.1]
    bool const always = iequals(recipient, "postmaster") || (probing && address_resolver::is_authorized(to->klass));
    if (!always) said = run_recipient(run);
    if (!ends(said)) accept_or_deny(run, made);
  }
  return conclude(std::move(made), said, known);
}

gate::said gate::decide_content(client_facts const& client, restriction_list const& list, std::string_view name,
                                std::string_view what, answers& known) const {
  decision made;
  evaluation run(*settings_, client, known, made);
  run.forget_deferral();  // it was about recipients
  // Of several recipients none is named: what is said here is said to all of them.
  bool named = client.recipient_count == 1 && !client.last_recipient.empty();
  auto to = named ? run.resolve(client.last_recipient) : std::expected<resolved_address, outcome>();
  if (named && !to) return conclude(std::move(made), to.error(), known);
  if (named) run.to = &*to;
  auto said = run.run(list, {std::string(name), what});
  if (!ends(said)) said = run.settle();
  return conclude(std::move(made), said, known);
}

gate::said gate::decide_data(client_facts const& client, answers& known) const {
  return decide_content(client, settings_->lists.data, "DATA", subjects::data, known);
}

gate::said gate::decide_end_of_data(client_facts const& client, answers& known) const {
  return decide_content(client, settings_->lists.end_of_data, "END-OF-MESSAGE", subjects::end_of_data, known);
}

gate::said gate::decide_etrn(client_facts const& client, std::string_view domain, answers& known) const {
  decision made;
  evaluation run(*settings_, client, known, made);
  run.etrn_domain = domain;
  auto said = outcome::none;
  if (settings_->delay_reject) {
    said = run_client(run);
    if (!ends(said)) said = run_helo(run);
  }
  if (!ends(said)) said = run.run(settings_->lists.etrn, {std::string(domain), subjects::etrn});
  if (!ends(said)) said = run.settle();
  if (!ends(said) && !settings_->flushed_domains.matches(lowercase(domain))) {
    made.refused = refusal{459,
                           {},
                           fmt::format("<{}>: service unavailable", domain),
                           "fast_flush_domains",
                           "its mail is not sent on request"};
  }
  return conclude(std::move(made), said, known);
}

gate::said gate::decide_header_from(client_facts const& client, std::vector<std::string> const& from,
                                    answers& known) const {
  decision made;
  evaluation run(*settings_, client, known, made);
  auto said = outcome::none;
  for (auto const& address : from) {
    said = check_owner(run, address, settings_->ownership);
    if (ends(said)) break;
  }
  return conclude(std::move(made), said, known);
}

}  // namespace postern::policy
