// The right-hand sides of access(5), against what Postfix 3.7.11 answers to the same.
#include "policy/test_world.hpp"

namespace postern::policy {
namespace {

using testing::make_gate;
using testing::reply_of;
using testing::stranger;
using testing::world;

struct row {
  std::string value;
  std::string want;
};

recipient_decision decide(std::string const& value, std::string_view more = {}) {
  world outside;
  auto subject = make_gate("smtpd_recipient_restrictions = check_recipient_access inline:{{joe@example.net = " + value +
                           "}}, permit\n" + std::string(more));
  return outside.decide(subject, stranger(), "joe@example.net");
}

TEST(access_action, replies) {
  std::string const who = "<joe@example.net>: Recipient address rejected: ";
  std::vector<row> const rows{
      {"OK", "250"},
      {"RELAY trailing text", "250"},
      {"DUNNO", "250"},
      {"123456", "250"},
      {"450", "250"},
      {"5500", "250"},
      {"REJECT", "554 5.7.1 " + who + "Access denied"},
      {"reject lower", "554 5.7.1 " + who + "lower"},
      {"REJECT 5.1.9 text", "554 5.1.0 " + who + "text"},
      {"REJECT 4.1.1 text", "554 5.1.1 " + who + "text"},
      {"DEFER", "450 4.7.1 " + who + "Access denied"},
      {"DEFER text", "450 4.7.1 " + who + "text"},
      {"DEFER_IF_PERMIT", "450 4.7.1 " + who + "Service unavailable"},
      {"DEFER_IF_REJECT text", "250"},
      {"DEFER_IF_REJECT, reject", "450 4.7.0 " + who + "defer_if_reject requested"},
      {"defer_if_reject, reject", "450 4.7.0 " + who + "defer_if_reject requested"},
      {"450 hello", "450 4.7.1 " + who + "hello"},
      {"554 4.3.2 hi", "554 5.3.2 " + who + "hi"},
      {"421 bye", "421 4.7.1 " + who + "bye"},
      {"550 5.1.7 x", "550 5.1.3 " + who + "x"},
      {"250 ok", "451 4.3.5 Server configuration error"},
      {"650 x", "451 4.3.5 Server configuration error"},
      {"5x0 a", "451 4.3.5 Server configuration error"},
      {"099 x", "451 4.3.5 Server configuration error"},
      {"hash:/foo", "451 4.3.5 Server configuration error"},
      {"foobar", "451 4.3.5 Server configuration error"},
      {"REJECT one\rtwo", "451 4.3.5 Server configuration error"},
      {"PREPEND X-A: one\rBcc: two", "451 4.3.5 Server configuration error"},
      {"warn_if_reject, reject", "250"},
      {"reject_unauth_destination, reject", "554 5.7.1 " + who + "Access denied"},
  };
  for (auto const& one : rows) EXPECT_EQ(reply_of(decide(one.value)), one.want) << one.value;
}

TEST(access_action, codes_fit_what_is_refused) {
  struct status_row {
    std::string status, sender, recipient, client;
  };
  std::vector<status_row> const rows{
      {"5.1.0", "5.1.0", "5.1.0", "5.0.0"}, {"5.1.1", "5.1.7", "5.1.1", "5.0.0"}, {"5.1.2", "5.1.8", "5.1.2", "5.0.0"},
      {"5.1.3", "5.1.7", "5.1.3", "5.0.0"}, {"5.1.4", "5.1.7", "5.1.4", "5.0.0"}, {"5.1.5", "5.1.0", "5.1.5", "5.0.0"},
      {"5.1.6", "5.1.7", "5.1.6", "5.0.0"}, {"5.1.7", "5.1.7", "5.1.3", "5.0.0"}, {"5.1.8", "5.1.8", "5.1.2", "5.0.0"},
      {"5.1.9", "5.1.0", "5.1.0", "5.0.0"}, {"5.4.0", "5.4.0", "5.4.0", "5.4.0"}, {"5.7.1", "5.7.1", "5.7.1", "5.7.1"},
  };
  for (auto const& one : rows) {
    auto status_of = [&](std::string const& list) {
      world outside;
      auto made = outside.decide(
          make_gate(list + " inline:{{joe@example.net = 550 " + one.status + " x}, {who@elsewhere.example = 550 " +
                    one.status + " x}, {203.0.113.9 = 550 " + one.status + " x}}\n"),
          stranger(), "joe@example.net");
      return made.refused ? made.refused->enhanced : std::string("none");
    };
    EXPECT_EQ(status_of("smtpd_sender_restrictions = check_sender_access"), one.sender) << one.status;
    EXPECT_EQ(status_of("smtpd_recipient_restrictions = check_recipient_access"), one.recipient) << one.status;
    EXPECT_EQ(status_of("smtpd_client_restrictions = check_client_access"), one.client) << one.status;
  }
}

TEST(access_action, actions_on_the_message) {
  auto note_of = [](recipient_decision const& made) {
    return made.notes.size() == 1 ? made.notes[0].kind + ": " + made.notes[0].text : std::string("none");
  };
  auto made = decide("HOLD");
  EXPECT_EQ(made.actions.hold, "<joe@example.net>: Recipient address triggers HOLD action");
  EXPECT_EQ(note_of(made), "hold: <joe@example.net>: Recipient address triggers HOLD action");
  made = decide("HOLD look at this");
  EXPECT_EQ(note_of(made), "hold: <joe@example.net>: Recipient address look at this");
  made = decide("DISCARD", "smtpd_reject_unlisted_recipient = yes\n");
  EXPECT_TRUE(made.actions.discard);
  EXPECT_TRUE(made.accepted.has_value());
  EXPECT_EQ(note_of(made), "discard: <joe@example.net>: Recipient address triggers DISCARD action");
  made = decide("FILTER smtp:[127.0.0.1]:10025");
  EXPECT_EQ(made.actions.filter, "smtp:[127.0.0.1]:10025");
  EXPECT_EQ(note_of(made), "filter: <joe@example.net>: Recipient address triggers FILTER smtp:[127.0.0.1]:10025");
  made = decide("REDIRECT a@b.example");
  EXPECT_EQ(made.actions.redirect, "a@b.example");
  made = decide("BCC a@b.example");
  EXPECT_EQ(made.actions.added_recipients, std::vector<std::string>{"a@b.example"});
  made = decide("PREPEND X-Seen: yes");
  EXPECT_EQ(made.actions.prepended_headers, std::vector<std::string>{"X-Seen: yes"});
  EXPECT_EQ(note_of(made), "none");
  made = decide("WARN careful");
  EXPECT_EQ(note_of(made), "warn: careful");
  for (auto const* wrong : {"FILTER", "FILTER smtp", "REDIRECT nowhere", "BCC nowhere", "PREPEND no header"}) {
    made = decide(wrong);
    EXPECT_EQ(reply_of(made), "250") << wrong;
    EXPECT_EQ(made.warnings.size(), 1U) << wrong;
    EXPECT_EQ(note_of(made), "none") << wrong;
  }
}

// What is thrown away is not asked about any more, and goes nowhere: that is ground enough.
TEST(access_action, discard_ends_all_lists) {
  world outside;
  auto subject = make_gate(
      "smtpd_client_restrictions = check_client_access inline:{{203.0.113.9 = DISCARD}}\n"
      "smtpd_recipient_restrictions = reject\n");
  auto made = outside.decide(subject, stranger(), "x@elsewhere.example");
  ASSERT_TRUE(made.accepted.has_value());
  EXPECT_EQ(made.accepted->permit()->grounds(), "the message is discarded");
}

TEST(access_action, permits_are_logged_on_request) {
  auto made = decide("OK", "smtpd_log_access_permit_actions = ok\n");
  ASSERT_EQ(made.notes.size(), 1U);
  EXPECT_EQ(made.notes[0].kind, "permit");
  EXPECT_EQ(made.notes[0].text, "action=OK for Recipient address=joe@example.net from inline:{{joe@example.net = OK}}");
}

TEST(access_action, before_mail_there_is_no_message) {
  world outside;
  auto subject = make_gate("smtpd_delay_reject = no\nsmtpd_client_restrictions = check_client_access static:HOLD\n");
  auto client = stranger();
  client.at = command::connect;
  auto made = outside.decide_by([&](answers& known) { return subject.decide_connection(client, known); });
  EXPECT_FALSE(made.actions.hold.has_value());
  EXPECT_EQ(made.warnings.size(), 1U);
}

}  // namespace
}  // namespace postern::policy
