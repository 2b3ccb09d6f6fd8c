#pragma once
// Purpose: who may pass: the restriction lists of main.cf evaluated for a client, a sender and a recipient, and the
// only place
//          where a relay_permit is made.
// Errors: load() fails, in Postfix's words, when no list stops strangers. A broken restriction answers 451, never
// "yes". Concurrency: never changes after load(); shared by all sessions. Security: what no restriction permitted is
// not relayed, whatever the list's end says. A bare `permit` and a `mynetworks`
//           so wide that it holds strangers give no relay_permit: docs/postfix-differences.md.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "policy/address_class.hpp"
#include "policy/match_list.hpp"
#include "policy/refusal.hpp"
#include "policy/relay_permit.hpp"
#include "policy/restriction.hpp"

namespace postern::policy {

/// What is known of the client when a decision falls.
struct client_facts {
  ip_address address;
  std::string name = "unknown";
  std::string helo;
  std::string sender;
  std::string sasl_user;  ///< empty: not logged in
  bool tls = false;
};

class gate {
 public:
  static result<gate> load(config::settings const& settings, std::vector<ip_address> const& interfaces);

  /// smtpd_client_restrictions, smtpd_helo_restrictions and smtpd_sender_restrictions, asked at RCPT as
  /// smtpd_delay_reject = yes has it, then relay and recipient restrictions.
  std::expected<accepted_recipient, refusal> decide_recipient(client_facts const& client,
                                                              std::string_view recipient) const;
  std::optional<refusal> decide_data(client_facts const& client) const;
  bool in_mynetworks(ip_address const& address) const { return mynetworks_.find(address) != nullptr; }
  address_resolver const& addresses() const noexcept { return addresses_; }
  /// Restrictions that are named but not supported; for the log at start and for `postern check`.
  std::vector<std::string> problems() const;

 private:
  enum class outcome { none, permitted, refused };
  struct progress {
    std::optional<refusal> why;
    std::optional<std::string> relay_grounds;
  };
  outcome evaluate(restriction_list const& list, client_facts const& client, resolved_address const* to,
                   progress& state) const;
  outcome evaluate_one(restriction const& one, restriction_list const& list, client_facts const& client,
                       resolved_address const* to, progress& state) const;
  bool evaluate_lists(std::vector<restriction_list const*> const& lists, client_facts const& client,
                      resolved_address const* to, progress& state) const;
  refusal relay_denied(resolved_address const& to, restriction_list const& list, restriction const& by, int code) const;
  std::optional<std::string> network_grounds(ip_address const& address) const;

  address_resolver addresses_;
  network_match_list mynetworks_;
  restriction_list client_, helo_, sender_, relay_, recipient_, data_;
  bool relay_first_ = true;
  int relay_domains_reject_code_ = 554;
  int reject_code_ = 554;
  int defer_code_ = 450;
};

}  // namespace postern::policy
