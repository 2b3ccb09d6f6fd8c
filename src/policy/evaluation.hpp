#pragma once
// Purpose: one run of a decision: the facts, the lists on the way, and what has been found so far: who permits, what is
//          to be deferred, what gives grounds to relay. Restrictions are functions over it (restrictions.hpp).
// Errors: a run that has to ask something ends as pending; the memo has the question.
// Concurrency: lives for one call.
// Limits: depth_max lists inside lists (classes, answers of access tables).
// Security: grounds to relay come only through permit(); what a client can choose itself (HELO name, sender address,
//           unconfirmed name) gives none.
// Source: the evaluation order and the texts of Postfix 3.7's smtpd.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "maps/lookup_keys.hpp"
#include "policy/address_class.hpp"
#include "policy/decision.hpp"
#include "policy/gate_settings.hpp"
#include "policy/questions.hpp"
#include "policy/restriction.hpp"

namespace postern::policy {

/// What a reply speaks about: "<joe@example.com>: Sender address rejected: …".
struct subject {
  std::string name;
  std::string_view what;  ///< "Sender address"
  std::string rejected(std::string_view why) const;
};

namespace subjects {
inline constexpr std::string_view client = "Client host";
inline constexpr std::string_view reverse_client = "Unverified Client host";
inline constexpr std::string_view certificate = "Client certificate";
inline constexpr std::string_view login = "SASL login name";
inline constexpr std::string_view helo = "Helo command";
inline constexpr std::string_view sender = "Sender address";
inline constexpr std::string_view recipient = "Recipient address";
inline constexpr std::string_view etrn = "Etrn command";
inline constexpr std::string_view data = "Data command";
inline constexpr std::string_view end_of_data = "End-of-data";
}  // namespace subjects

/// What a table has for the first of some keys that it has.
struct table_answer {
  outcome trouble = outcome::none;  ///< pending, or refused when the table could not be asked
  std::optional<std::string> value;
  std::string table;
  std::string key;
};

class evaluation {
 public:
  static constexpr unsigned depth_max = 100;

  evaluation(gate_settings const& own, client_facts const& facts, answers& memo, decision& into)
      : settings(own),
        client(facts),
        known(memo),
        out(into),
        defer_if_permit_(facts.deferred),
        discarding_(facts.discarding) {}

  /// A whole list of main.cf. `about`: what reject, defer and the like speak of.
  outcome run(restriction_list const& list, subject about);
  /// A list inside one: a class, or an access table's answer. `grounds`: what a permit inside relies on already.
  outcome run_inner(restriction_list const& list, subject about, std::optional<std::string> const& grounds);
  /// After the lists: what was permitted although something could not be looked up.
  outcome settle();

  // What restrictions do.
  outcome refuse(int code, std::string_view enhanced, std::string text, std::string explanation);
  outcome refuse_about(int code, std::string_view enhanced, subject const& about, std::string_view why,
                       std::string explanation);
  outcome misconfigured(std::string explanation);
  outcome lookup_failed(std::string_view address, std::string explanation);
  outcome defer_if_permitted(tempfail how, int code, std::string_view enhanced, std::string text,
                             std::string explanation);
  void defer_if_rejected(int code, std::string_view enhanced, std::string text);
  /// `action`: as smtpd_log_access_permit_actions names it. `grounds`: nothing when it is none to relay.
  outcome permit(std::string_view action, subject const& about, std::optional<std::string> grounds,
                 std::string_view detail = {});
  void note(std::string_view kind, std::string_view text) {
    out.notes.push_back({std::string(kind), std::string(text)});
  }
  void warn(std::string text);
  void begin_warning() noexcept;
  void discard() noexcept { discarding_ = true; }
  bool discarding() const noexcept { return discarding_; }
  void forget_deferral() noexcept { defer_if_permit_.reset(); }
  /// permit_mail_access of this list lets nobody through: a refusal that follows says why.
  void note_no_window(std::string why) { no_window_ = {list_, std::move(why)}; }
  std::string const& why_no_window() const noexcept { return no_window_.second; }

  // What restrictions ask.
  /// The address and its class; pending, or refused because a list could not be asked.
  std::expected<resolved_address, outcome> resolve(std::string_view address);
  table_answer look_up(maps::map_list const& table, std::vector<maps::lookup_key> const& keys);
  /// nullptr: pending.
  dns_answer const* ask_dns(dns_kind kind, std::string const& name);
  template <class Question>
  typename Question::answer const* ask(Question const& asked) {
    return known.find(asked);
  }
  void trace_lookup(std::string asked, std::string told);
  std::uint32_t count_pause() noexcept { return pauses_++; }

  std::string list_name() const { return list_ == nullptr ? std::string() : list_->parameter(); }
  default_access access() const noexcept { return list_ == nullptr ? aspect::any : list_->access(); }
  subject const& about() const noexcept { return about_; }
  bool warns_only() const noexcept { return warn_depth_ != 0; }
  subject client_subject() const { return {client.text(), subjects::client}; }

  gate_settings const& settings;
  client_facts const& client;
  answers& known;
  decision& out;
  resolved_address const* to = nullptr;
  std::string_view etrn_domain;
  std::optional<std::string> relay_grounds;
  bool recipient_checked = false;
  bool sender_checked = false;

 private:
  outcome run_each(restriction_list const& list);
  outcome evaluate(restriction const& one);
  std::string who() const;
  std::size_t open_step(restriction const& one);
  void close_step(std::size_t index, outcome said);

  restriction_list const* list_ = nullptr;  ///< of main.cf
  restriction const* current_ = nullptr;
  subject about_;
  std::optional<std::string> context_grounds_;
  std::optional<deferral> defer_if_permit_;
  std::optional<deferral> defer_if_reject_;
  unsigned depth_ = 0;
  unsigned warn_depth_ = 0;  ///< warn_if_reject holds until the list of this depth has evaluated the next restriction
  bool discarding_ = false;
  std::pair<restriction_list const*, std::string> no_window_;
  std::uint32_t pauses_ = 0;
  std::size_t step_ = 0;
};

}  // namespace postern::policy
