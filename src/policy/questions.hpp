#pragma once
// Purpose: what a decision cannot know without waiting, as questions, and the memo of their answers. A decision runs
//          over facts and memo; at the first question that the memo cannot answer it stops and returns it. Its driver
//          fetches the answer, puts it into the memo and runs the decision again from the start.
// Errors: that something could not be asked is an answer too, with the reason.
// Concurrency: a memo belongs to one decision, or to the decisions of one message.
// Limits: answers_max answers a memo; beyond that everything could not be asked.

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "maps/lookup.hpp"
#include "policy/policy_service.hpp"

namespace postern::policy {

enum class dns_kind : std::uint8_t {
  host_addresses,  ///< IPv4 and IPv6; /etc/hosts counts
  ipv4_addresses,  ///< A records: what block lists answer with
  mail_exchangers,
  name_servers,
  texts,
};

/// "MX".
std::string_view format_dns_kind(dns_kind kind);

struct dns_record {
  std::string text;              ///< an address, a host name in lower case (MX: "" for "accepts no mail") or a text
  std::uint16_t preference = 0;  ///< MX
};
enum class dns_status : std::uint8_t {
  found,
  no_such_name,
  no_such_data,  ///< the name exists, without such a record
  try_again,
};
struct dns_answer {
  dns_status status = dns_status::try_again;
  std::vector<dns_record> records = {};
  std::string error = {};  ///< a sentence; empty when found
};
struct dns_question {
  using answer = dns_answer;
  dns_kind kind = dns_kind::host_addresses;
  std::string name;
  friend auto operator<=>(dns_question const&, dns_question const&) = default;
};

/// check_policy_service: nothing is "it gave no usable answer" and the service's default action counts.
struct service_answer {
  std::optional<std::string> action;
  std::string error = {};
};
struct service_question {
  using answer = service_answer;
  std::shared_ptr<policy_service const> service;
  std::string request;  ///< format_policy_request()
  friend bool operator<(service_question const& a, service_question const& b) {
    return std::tie(a.service, a.request) < std::tie(b.service, b.request);
  }
};

/// Is there somebody of that name in a local domain? Accounts and users of the system.
enum class existence : std::uint8_t { unavailable, exists, unknown };
struct account_question {
  using answer = existence;
  std::string address;
  friend auto operator<=>(account_question const&, account_question const&) = default;
};

/// reject_unverified_sender, reject_unverified_recipient: would it be delivered?
struct probe_answer {
  enum class status : std::uint8_t {
    deliverable,
    undeliverable,
    not_known_yet,
    unavailable
  } what = status::unavailable;
  std::string text = {};  ///< what the probe was told
};
struct probe_question {
  using answer = probe_answer;
  std::string address;
  std::chrono::seconds patience{0};  ///< how long the client may wait for a probe
  friend auto operator<=>(probe_question const&, probe_question const&) = default;
};

/// sleep. Each one that a decision comes to is slept once.
struct pause_answer {};
struct pause_question {
  using answer = pause_answer;
  std::uint32_t ordinal = 0;
  std::chrono::seconds time{0};
  friend auto operator<=>(pause_question const&, pause_question const&) = default;
};

/// permit_mail_access: did somebody who owns `sender` log in at POP3 or IMAP from there a moment ago?
struct mail_access_answer {
  std::string account;      ///< whose window it is; empty: there is none for this mail
  std::string explanation;  ///< for the log: why not
};
struct mail_access_question {
  using answer = mail_access_answer;
  std::string address;
  std::string sender;
  friend auto operator<=>(mail_access_question const&, mail_access_question const&) = default;
};

using question = std::variant<maps::question, dns_question, service_question, account_question, probe_question,
                              pause_question, mail_access_question>;

class answers {
 public:
  static constexpr std::size_t answers_max = 1000;

  /// nullptr: not known. Then it is wanted from now on.
  template <class Question>
  typename Question::answer const* find(Question const& asked) {
    auto& known = std::get<std::map<Question, typename Question::answer>>(known_);
    if (auto place = known.find(asked); place != known.end()) return &place->second;
    wanted_ = asked;
    return nullptr;
  }
  template <class Question>
  void put(Question const& asked, typename Question::answer told) {
    if (++count_ > answers_max) told = {};
    std::get<std::map<Question, typename Question::answer>>(known_).insert_or_assign(asked, std::move(told));
  }
  void put(maps::question asked, maps::answer told) { tables_.put(std::move(asked), std::move(told)); }
  maps::answers& tables() noexcept { return tables_; }
  /// What the last run stopped at. Taking it clears it.
  std::optional<question> take_wanted();

 private:
  template <class Question>
  using memo_of = std::map<Question, typename Question::answer>;
  std::tuple<memo_of<dns_question>, memo_of<service_question>, memo_of<account_question>, memo_of<probe_question>,
             memo_of<pause_question>, memo_of<mail_access_question>>
      known_;
  maps::answers tables_;
  std::optional<question> wanted_;
  std::size_t count_ = 0;
};

}  // namespace postern::policy
