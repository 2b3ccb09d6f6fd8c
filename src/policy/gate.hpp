#pragma once
// Purpose: who may pass: the restriction lists of main.cf evaluated for a client, a sender and a recipient, and the
//          only place where a relay_permit is made.
// Errors: load() fails, in Postfix's words, when no list stops strangers. A broken restriction answers 451, never
//         "yes". A decision that has to ask something returns the question: put its answer into `known` and decide
//         again.
// Concurrency: never changes after load(); shared by all sessions of one thread.
// Security: what no restriction permitted is not relayed, whatever the list's end says. A bare `permit`, a `mynetworks`
//           so wide that it holds strangers, and the OK of a table for something that the client itself says give no
//           relay_permit: docs/adr/0005, docs/adr/0010, docs/postfix-differences.md.

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "policy/address_class.hpp"
#include "policy/client_facts.hpp"
#include "policy/decision.hpp"
#include "policy/gate_settings.hpp"
#include "policy/questions.hpp"
#include "policy/refusal.hpp"
#include "policy/relay_permit.hpp"

namespace postern::policy {

class evaluation;

class gate {
 public:
  /// Nobody may ask it: load() makes one that can be asked.
  gate() = default;
  static result<gate> load(config::settings const& settings, std::vector<ip_address> const& interfaces);

  using said = std::expected<decision, question>;
  using said_of_recipient = std::expected<recipient_decision, question>;

  /// With smtpd_delay_reject = no the first three lists are asked when their command comes …
  said decide_connection(client_facts const& client, answers& known) const;
  said decide_helo(client_facts const& client, answers& known) const;
  said decide_sender(client_facts const& client, answers& known) const;
  /// … with yes at RCPT, before the relay and recipient lists. VRFY asks here too.
  said_of_recipient decide_recipient(client_facts const& client, std::string_view recipient, answers& known) const;
  /// DATA or BDAT, before the content.
  said decide_data(client_facts const& client, answers& known) const;
  /// After the content.
  said decide_end_of_data(client_facts const& client, answers& known) const;
  said decide_etrn(client_facts const& client, std::string_view domain, answers& known) const;

  /// Whether who logged in may write these addresses into From: when the envelope sender is null and says nothing.
  /// As strict as the reject_…_sender_login_mismatch of the lists; nothing is refused when there is none.
  said decide_header_from(client_facts const& client, std::vector<std::string> const& from, answers& known) const;

  bool delays_reject() const noexcept { return settings_->delay_reject; }
  /// No list would say anything: there is nothing to ask at this command.
  bool has_client_list() const noexcept { return !settings_->lists.client.empty(); }
  bool has_data_list() const noexcept { return !settings_->lists.data.empty(); }
  bool has_end_of_data_list() const noexcept { return !settings_->lists.end_of_data.empty(); }
  bool under_stress() const noexcept { return settings_->stress; }
  bool in_mynetworks(ip_address const& address) const { return settings_->mynetworks.find(address) != nullptr; }
  address_resolver const& addresses() const noexcept { return settings_->addresses; }
  /// What decisions may have to reach: for the sandbox.
  std::vector<std::string> table_names() const { return settings_->table_names(); }
  std::vector<std::string> service_endpoints() const { return settings_->service_endpoints(); }
  /// What is not as written: for the log at start and for `postern check`.
  std::vector<std::string> problems() const { return settings_->problems(); }

 private:
  outcome run_first_lists(evaluation& run) const;
  outcome run_client(evaluation& run) const;
  outcome run_helo(evaluation& run) const;
  outcome run_sender(evaluation& run) const;
  outcome run_recipient(evaluation& run) const;
  said decide_content(client_facts const& client, restriction_list const& list, std::string_view name,
                      std::string_view what, answers& known) const;
  void accept_or_deny(evaluation const& run, recipient_decision& made) const;

  std::shared_ptr<gate_settings const> settings_;
};

}  // namespace postern::policy
