// What lets a stranger relay, and what never does. docs/adr/0010
#include "policy/test_world.hpp"

namespace postern::policy {
namespace {

using testing::make_gate;
using testing::stranger;
using testing::world;

constexpr std::string_view remote = "x@elsewhere.example";

/// The grounds of the permit; "none" when the recipient is refused.
std::string grounds(std::string_view main_cf, client_facts const& client, std::string_view recipient = remote) {
  world outside;
  outside.service = {"OK", {}};
  outside.window = {"joe", {}};
  auto made = outside.decide(make_gate(main_cf), client, recipient);
  if (!made.accepted) return "none";
  return made.accepted->permit() == nullptr ? "ours" : made.accepted->permit()->grounds();
}

struct row {
  std::string name;
  std::string lists;
  std::string want;
};

client_facts with_certificate() {
  auto out = stranger();
  out.tls = tls_facts{.certificate = certificate_facts{"AA:BB", "CC:DD", "phone", "our CA", false}};
  return out;
}

TEST(relay_grounds, what_a_client_cannot_choose_lets_it_relay) {
  auto named = stranger();
  named.name = "host.friend.example";
  named.status = name_status::ok;
  auto user = stranger();
  user.sasl_user = "joe";
  auto trusted = with_certificate();
  trusted.tls->certificate->trusted = true;
  struct trusted_row {
    std::string lists;
    client_facts client;
    std::string want;
  };
  std::vector<trusted_row> const rows{
      {"smtpd_relay_restrictions = check_client_access inline:{{203.0.113.9 = OK}}, reject\n", stranger(),
       "check_client_access inline:{{203.0.113.9 = OK}} (203.0.113.9)"},
      {"smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = check_client_access inline:{{203.0.113 = "
       "1112470620}}, reject\n",
       stranger(), "check_client_access inline:{{203.0.113 = 1112470620}} (203.0.113)"},
      {"smtpd_relay_restrictions = check_client_access inline:{{friend.example = RELAY}}, reject\n", named,
       "check_client_access inline:{{friend.example = RELAY}} (friend.example)"},
      {"smtpd_relay_restrictions = check_sasl_access inline:{{joe = OK}}, reject\n", user,
       "check_sasl_access inline:{{joe = OK}} (joe)"},
      {"smtpd_relay_restrictions = check_ccert_access inline:{{CC:DD = OK}}, reject\n", with_certificate(),
       "check_ccert_access inline:{{CC:DD = OK}} (CC:DD)"},
      {"relay_clientcerts = inline:{{AA:BB = phone}}\nsmtpd_relay_restrictions = permit_tls_clientcerts, reject\n",
       with_certificate(), "permit_tls_clientcerts (AA:BB)"},
      {"smtpd_relay_restrictions = permit_tls_all_clientcerts, reject\n", trusted,
       "permit_tls_all_clientcerts (phone)"},
      {"smtpd_relay_restrictions = permit_mail_access, reject\n", stranger(), "permit_mail_access (joe)"},
      {"smtpd_relay_restrictions = check_policy_service inet:127.0.0.1:1, reject\n", stranger(),
       "check_policy_service inet:127.0.0.1:1"},
      {"smtpd_relay_restrictions = check_recipient_access inline:{{elsewhere.example = OK}}, reject\n", stranger(),
       "check_recipient_access inline:{{elsewhere.example = OK}} (elsewhere.example)"},
      {"smtpd_restriction_classes = kl\nkl = check_sender_access inline:{{who@ = OK}}, reject\n"
       "smtpd_relay_restrictions = check_client_access inline:{{203.0.113.9 = kl}}, reject\n",
       stranger(), "check_client_access inline:{{203.0.113.9 = kl}} (203.0.113.9)"},
  };
  for (auto const& one : rows) EXPECT_EQ(grounds(one.lists, one.client), one.want) << one.lists;
}

TEST(relay_grounds, what_a_client_says_of_itself_does_not) {
  std::vector<row> const rows{
      {"HELO", "smtpd_relay_restrictions = check_helo_access static:OK, reject\n", "none"},
      {"sender", "smtpd_relay_restrictions = check_sender_access static:OK, reject\n", "none"},
      {"unconfirmed name", "smtpd_relay_restrictions = check_reverse_client_hostname_access static:OK, reject\n",
       "none"},
      {"no name", "smtpd_relay_restrictions = check_client_access inline:{{unknown = OK}}, reject\n", "none"},
      {"naked address", "smtpd_relay_restrictions = permit_naked_ip_address, reject\n", "none"},
      {"everybody", "smtpd_relay_restrictions = check_client_access static:OK, reject\n", "none"},
      {"everybody's recipients", "smtpd_relay_restrictions = check_recipient_access static:OK, reject\n", "none"},
      {"everybody's certificates", "smtpd_relay_restrictions = check_ccert_access static:OK, reject\n", "none"},
      {"every x in the world", "smtpd_relay_restrictions = check_recipient_access inline:{{x@ = OK}}, reject\n",
       "none"},
      {"a permit", "smtpd_relay_restrictions = permit, reject\n", "none"},
      {"a permit in a class",
       "smtpd_restriction_classes = kl\nkl = permit\nsmtpd_relay_restrictions = "
       "check_sender_access inline:{{who@ = kl}}, reject\n",
       "none"},
      {"a policy server where lists are not about relaying",
       "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:1, reject\n",
       "none"},
      {"an early list",
       "smtpd_client_restrictions = check_client_access inline:{{203.0.113.9 = OK}}\n"
       "smtpd_relay_restrictions = permit_auth_destination, reject_unauth_destination\n",
       "none"},
  };
  auto client = with_certificate();
  client.helo = "1.2.3.4";
  client.reverse_name = "liar.example";
  for (auto const& one : rows) EXPECT_EQ(grounds(one.lists, client), one.want) << one.name;
}

TEST(relay_grounds, a_refusal_says_why_no_window_let_the_client_through) {
  constexpr std::string_view none = "; permit_mail_access: nobody read mail";
  struct refusal_row {
    std::string lists;
    bool says_why;
  };
  std::vector<refusal_row> const rows{
      {"smtpd_relay_restrictions = permit_mail_access, reject_unauth_destination\n", true},
      {"smtpd_relay_restrictions = permit_mail_access, defer_unauth_destination\n", true},
      {"smtpd_relay_restrictions = permit_mail_access, reject_unknown_recipient_domain, reject\n", true},
      {"smtpd_relay_restrictions = permit_mail_access, permit, reject\n", true},
      {"smtpd_relay_restrictions = reject_unauth_destination, permit_mail_access\n", false},
      {"smtpd_client_restrictions = permit_mail_access\nsmtpd_relay_restrictions = reject_unauth_destination\n", false},
  };
  for (auto const& one : rows) {
    world outside;
    outside.window = {{}, "nobody read mail"};
    auto const made = outside.decide(make_gate(one.lists), stranger(), remote);
    ASSERT_TRUE(made.refused) << one.lists;
    EXPECT_EQ(made.refused->explanation.ends_with(none), one.says_why) << made.refused->explanation;
    EXPECT_EQ(made.refused->text.find("nobody"), std::string::npos) << made.refused->text;
  }
}

// The destination of x%a@ours is not known: no table can permit it.
TEST(relay_grounds, routed_recipients_need_a_client_that_may_relay) {
  constexpr auto list = "smtpd_relay_restrictions = check_recipient_access static:OK, reject_unauth_destination\n";
  EXPECT_EQ(grounds(list, stranger(), "x%elsewhere.example@example.net"), "none");
  EXPECT_EQ(grounds(list, stranger(), "joe@example.net"), "ours");
}

}  // namespace
}  // namespace postern::policy
