#include "policy/test_world.hpp"

namespace postern::policy {
namespace {

using testing::make_gate;
using testing::reply_of;
using testing::stranger;
using testing::world;
using status = probe_answer::status;

constexpr std::string_view of_recipients = "smtpd_recipient_restrictions = reject_unverified_recipient\n";
constexpr std::string_view of_senders = "smtpd_sender_restrictions = reject_unverified_sender\n";

struct row {
  std::string_view name;
  std::string main_cf;
  probe_answer told;
  std::string_view want;
};

// The replies are those of Postfix 3.7.11.
std::vector<row> rows() {
  auto const to = std::string(of_recipients);
  auto const from = std::string(of_senders);
  probe_answer const no{status::undeliverable, "host mx said: 550 5.1.1 no"};
  probe_answer const later{status::not_known_yet, "Address verification in progress"};
  probe_answer const yes{status::deliverable, "250 Ok"};
  probe_answer const away{};
  return {
      {"deliverable", to, yes, "250"},
      {"undeliverable", to, no,
       "450 4.1.1 <joe@example.net>: Recipient address rejected: unverified address: host mx said: 550 5.1.1 no"},
      {"undeliverable for good", to + "unverified_recipient_reject_code = 550\n", no,
       "550 5.1.1 <joe@example.net>: Recipient address rejected: undeliverable address: host mx said: 550 5.1.1 no"},
      {"undeliverable and let in", to + "unverified_recipient_reject_code = 250\n", no, "250"},
      {"not known", to, later,
       "450 4.1.1 <joe@example.net>: Recipient address rejected: unverified address: Address verification in progress"},
      {"not known and let in", to + "unverified_recipient_defer_code = 250\n", later, "250"},
      {"a reason of ours", to + "unverified_recipient_reject_reason = Gone away\n", later,
       "450 4.1.1 <joe@example.net>: Recipient address rejected: unverified address: Gone away"},
      {"a reason of ours, for good",
       to + "unverified_recipient_reject_code = 551\nunverified_recipient_reject_reason = Gone away\n", no,
       "551 5.1.1 <joe@example.net>: Recipient address rejected: undeliverable address: Gone away"},
      {"waits for a refusal", "smtpd_recipient_restrictions = reject_unverified_recipient, reject\n", no,
       "554 5.7.1 <joe@example.net>: Recipient address rejected: Access denied"},
      {"at once",
       "smtpd_recipient_restrictions = reject_unverified_recipient, reject\n"
       "unverified_recipient_tempfail_action = defer\n",
       later,
       "450 4.1.1 <joe@example.net>: Recipient address rejected: unverified address: Address verification in progress"},
      {"nobody to ask", to, away,
       "450 4.1.1 <joe@example.net>: Recipient address rejected: address verification problem"},
      {"sender", from, no,
       "450 4.1.7 <who@elsewhere.example>: Sender address rejected: unverified address: host mx said: 550 5.1.1 no"},
      {"sender for good", from + "unverified_sender_reject_code = 551\n", no,
       "551 5.1.7 <who@elsewhere.example>: Sender address rejected: undeliverable address: host mx said: 550 5.1.1 no"},
      {"sender not known", from + "unverified_sender_defer_code = 451\n", later,
       "451 4.1.7 <who@elsewhere.example>: Sender address rejected: unverified address: "
       "Address verification in progress"},
  };
}

TEST(restrict_unverified, replies_as_postfix_does) {
  for (auto const& row : rows()) {
    world there;
    there.probe = row.told;
    auto const gate = make_gate(row.main_cf + "smtpd_relay_restrictions = reject_unauth_destination\n");
    EXPECT_EQ(reply_of(there.decide(gate, stranger(), "joe@example.net")), row.want) << row.name;
    EXPECT_EQ(there.questions, 1) << row.name;
  }
}

TEST(restrict_unverified, a_null_sender_is_not_probed) {
  world there;
  auto client = stranger();
  client.sender = "";
  auto const gate = make_gate(std::string(of_senders) + "smtpd_relay_restrictions = reject_unauth_destination\n");
  EXPECT_EQ(reply_of(there.decide(gate, client, "joe@example.net")), "250");
  EXPECT_EQ(there.questions, 0);
}

TEST(restrict_unverified, the_client_waits_between_the_looks) {
  struct row {
    char const* main_cf;
    int want;
  };
  for (auto const& row : {row{"", 6}, row{"address_verify_poll_count = 1\n", 0},
                          row{"address_verify_poll_count = 5\naddress_verify_poll_delay = 2s\n", 8}}) {
    auto const gate = make_gate(std::string(of_recipients) + row.main_cf);
    answers known;
    auto const said = gate.decide_recipient(stranger(), "joe@example.net", known);
    ASSERT_FALSE(said);
    EXPECT_EQ(std::get<probe_question>(said.error()).patience, std::chrono::seconds(row.want)) << row.main_cf;
  }
}

TEST(restrict_unverified, probes_of_others_for_our_probe_sender_pass_every_list) {
  auto const gate = make_gate(
      "smtpd_recipient_restrictions = reject\nsmtpd_client_restrictions = reject\n"
      "address_verify_sender = prober@example.net\naddress_verify_sender_ttl = 1h\n");
  auto client = stranger();
  client.when = wall_time(std::chrono::hours(498'702));
  world there;
  auto made = there.decide(gate, client, "proberJQY5@example.net");
  ASSERT_TRUE(made.accepted) << reply_of(made);
  EXPECT_EQ(made.accepted->address(), "prober@example.net");
  EXPECT_TRUE(there.decide(gate, client, "prober@example.net").refused);
  EXPECT_TRUE(there.decide(gate, client, "proberZZZZ@example.net").refused);
  client.at = command::vrfy;
  EXPECT_TRUE(there.decide(gate, client, "proberJQY5@example.net").refused);
}

TEST(restrict_unverified, a_probe_sender_elsewhere_gives_nobody_a_relay) {
  auto const gate = make_gate("address_verify_sender = prober@other.example\n");
  world there;
  EXPECT_TRUE(there.decide(gate, stranger(), "prober@other.example").refused);
}

TEST(trace, shows_what_a_restriction_wants_deferred) {
  struct row {
    char const* action;
    char const* want;
  };
  auto const gate = make_gate(
      "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:1, permit\n"
      "smtpd_relay_restrictions = reject_unauth_destination\n");
  for (auto const& row : {row{"DEFER_IF_PERMIT later",
                              "defer if permitted: 450 4.7.1 <joe@example.net>: Recipient address rejected: later"},
                          row{"DEFER_IF_REJECT later",
                              "defer if rejected: 450 4.7.1 <joe@example.net>: Recipient address rejected: later"},
                          row{"DUNNO", "nothing"}}) {
    world there;
    there.service.action = row.action;
    auto client = stranger();
    client.wants_trace = true;
    auto const made = there.decide(gate, client, "joe@example.net");
    std::string outcome;
    for (auto const& step : made.trace) {
      if (step.restriction.starts_with("check_policy_service")) outcome = step.outcome;
    }
    EXPECT_EQ(outcome, row.want);
  }
}

}  // namespace
}  // namespace postern::policy
