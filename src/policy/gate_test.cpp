#include "policy/gate.hpp"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

constexpr std::string_view names =
    "myhostname = mail.example.net\nmydomain = example.net\nmyorigin = example.net\n"
    "mydestination = example.net, localhost\nrelay_domains = relayed.example\nsmtpd_sasl_auth_enable = yes\n";

gate make_gate(std::string_view rest) {
  auto settings = config::settings::load_text(std::string(names) + std::string(rest), {.main_cf_may_be_missing = true});
  EXPECT_TRUE(settings.has_value()) << (settings ? "" : settings.error().text);
  auto made = gate::load(*settings, {*ip_address::parse("192.0.2.25")});
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().text);
  return *made;
}

client_facts stranger() {
  client_facts out;
  out.address = *ip_address::parse("203.0.113.9");
  out.helo = "laptop";
  out.sender = "who@elsewhere.example";
  return out;
}

/// Decides as one who asks nobody.
std::expected<accepted_recipient, refusal> decide(gate const& subject, client_facts const& client,
                                                  std::string_view recipient) {
  answers known;
  auto said = subject.decide_recipient(client, recipient, known);
  while (!said) {
    if (auto const* account = std::get_if<account_question>(&said.error())) known.put(*account, existence::exists);
    said = subject.decide_recipient(client, recipient, known);
  }
  if (said->refused) return std::unexpected(*said->refused);
  return *said->accepted;
}

client_facts user() {
  auto out = stranger();
  out.sasl_user = "joe";
  return out;
}

client_facts neighbour() {
  auto out = stranger();
  out.address = *ip_address::parse("198.51.100.7");
  return out;
}

constexpr std::string_view usual =
    "mynetworks = 198.51.100.0/24\nsmtpd_relay_restrictions = permit_mynetworks, "
    "permit_sasl_authenticated, reject_unauth_destination\n";

struct row {
  std::string recipient;
  int stranger_code;  ///< 250: accepted
  bool user_passes;
};

// The forms in which people have tried to relay through others since the 1990s.
TEST(gate, strangers_reach_only_our_domains) {
  auto subject = make_gate(usual);
  std::vector<row> const rows{
      {"joe@example.net", 250, true},
      {"joe@EXAMPLE.NET", 250, true},
      {"joe", 250, true},
      {"joe@[192.0.2.25]", 250, true},
      {"x@relayed.example", 250, true},
      {"x@sub.relayed.example", 250, true},
      {"x@elsewhere.example", 554, true},
      {"x@[192.0.2.26]", 554, true},
      {"x%elsewhere.example@example.net", 554, true},
      {"elsewhere.example!x@example.net", 554, true},
      {"\"x@elsewhere.example\"@example.net", 554, true},
      {"x%elsewhere.example@relayed.example", 554, true},
      {"x@example.net.elsewhere.example", 554, true},
      {"x@notexample.net", 554, true},
      {"x@sub.example.net", 554, true},
  };
  for (auto const& one : rows) {
    auto refused = decide(subject, stranger(), one.recipient);
    EXPECT_EQ(refused ? 250 : refused.error().code, one.stranger_code) << one.recipient;
    EXPECT_EQ(decide(subject, user(), one.recipient).has_value(), one.user_passes) << one.recipient;
  }
}

TEST(gate, a_refusal_says_who_decided_and_what_to_do) {
  auto refused = decide(make_gate(usual), stranger(), "x@elsewhere.example");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().text, "<x@elsewhere.example>: Relay access denied");
  EXPECT_EQ(refused.error().enhanced, "5.7.1");
  EXPECT_EQ(refused.error().restriction, "smtpd_relay_restrictions: reject_unauth_destination");
  EXPECT_NE(refused.error().explanation.find("must log in"), std::string::npos);
}

TEST(gate, a_permit_names_its_grounds) {
  auto subject = make_gate(usual);
  auto by_login = decide(subject, user(), "x@elsewhere.example");
  ASSERT_TRUE(by_login.has_value());
  EXPECT_EQ(by_login->permit()->grounds(), "permit_sasl_authenticated");
  auto by_network = decide(subject, neighbour(), "x@elsewhere.example");
  ASSERT_TRUE(by_network.has_value());
  EXPECT_EQ(by_network->permit()->grounds(), "permit_mynetworks (198.51.100.0/24)");
  auto local = decide(subject, stranger(), "joe@example.net");
  ASSERT_TRUE(local.has_value());
  EXPECT_EQ(local->permit(), nullptr);
  EXPECT_EQ(local->klass(), address_class::local);
}

TEST(gate, defer_unauth_destination_is_temporary) {
  auto subject = make_gate("smtpd_relay_restrictions = permit_sasl_authenticated, defer_unauth_destination\n");
  auto refused = decide(subject, stranger(), "x@elsewhere.example");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, 454);
  EXPECT_EQ(refused.error().enhanced, "4.7.1");
}

TEST(gate, runs_only_with_a_list_that_stops_strangers) {
  for (std::string_view rest :
       {"smtpd_relay_restrictions =\nsmtpd_recipient_restrictions =\n",
        "smtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions = permit_mynetworks\n"}) {
    auto settings =
        config::settings::load_text(std::string(names) + std::string(rest), {.main_cf_may_be_missing = true});
    ASSERT_TRUE(settings.has_value());
    auto refused = gate::load(*settings, {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().text.find("specify at least one working instance of"), std::string::npos);
  }
}

TEST(gate, who_writes_no_list_gets_one_that_stops_strangers) {
  auto subject = make_gate("mynetworks = 198.51.100.0/24\n");
  auto refused = decide(subject, stranger(), "x@elsewhere.example");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, 454);
  EXPECT_TRUE(decide(subject, user(), "x@elsewhere.example").has_value());
  EXPECT_TRUE(decide(subject, neighbour(), "x@elsewhere.example").has_value());
}

// What looks like a mistake is never a way through.
TEST(gate, an_open_relay_cannot_be_built_by_accident) {
  for (std::string_view rest :
       {"mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n",
        "smtpd_relay_restrictions = permit, reject_unauth_destination\n",
        "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit, reject\n",
        "smtpd_client_restrictions = permit\nsmtpd_relay_restrictions = permit_auth_destination\n"
        "smtpd_recipient_restrictions = permit, reject\n"}) {
    auto refused = decide(make_gate(rest), stranger(), "x@elsewhere.example");
    EXPECT_FALSE(refused.has_value()) << rest;
  }
}

TEST(gate, unknown_restrictions_fail_closed_and_are_named) {
  auto subject =
      make_gate("smtpd_relay_restrictions = permit_sasl_authenticated, no_such_thing, reject_unauth_destination\n");
  auto refused = decide(subject, stranger(), "joe@example.net");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, 451);
  EXPECT_EQ(refused.error().text, "Server configuration error");
  EXPECT_TRUE(decide(subject, user(), "joe@example.net").has_value());
  ASSERT_EQ(subject.problems().size(), 1U);
}

TEST(gate, early_lists_are_asked_at_rcpt) {
  auto subject = make_gate(std::string(usual) + "smtpd_sender_restrictions = reject\n");
  auto refused = decide(subject, user(), "joe@example.net");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().text, "<who@elsewhere.example>: Sender address rejected: Access denied");
}

}  // namespace
}  // namespace postern::policy
