// Each restriction against what Postfix 3.7.11 answers to the same; the texts were taken from it.
#include <set>

#include "policy/test_world.hpp"

namespace postern::policy {
namespace {

using testing::make_gate;
using testing::reply_of;
using testing::stranger;
using testing::world;

constexpr std::string_view us = "joe@example.net";

struct row {
  std::string name;
  std::string main_cf;
  std::string recipient;
  std::string want;
};

world make_world() {
  world out;
  out.add("A/AAAA good.example", {{"192.0.2.5"}});
  out.add("MX mx.example", {{"mail.mx.example", 10}});
  out.add("A/AAAA mail.mx.example", {{"192.0.2.9"}});
  out.add("MX nullmx.example", {{"", 0}});
  out.add("A 9.113.0.203.bl.example", {{"127.0.0.4"}});
  out.add("TXT 9.113.0.203.bl.example", {{"listed for fun $HOME"}});
  out.add("A 9.113.0.203.wl.example", {{"127.0.0.2"}});
  out.add("A bad.example.rhs.example", {{"127.0.0.2"}});
  out.add("MX backup.example", {{"primary.example", 10}, {"us.example.net", 20}});
  out.add("A/AAAA primary.example", {{"192.0.2.77"}});
  out.add("A/AAAA us.example.net", {{"192.0.2.25"}});
  out.add("MX mine.example", {{"us.example.net", 10}});
  out.add("NS zone.example", {{"ns.bad.example"}});
  out.break_name("MX broken.example");
  out.break_name("A/AAAA broken.example");
  return out;
}

void expect(row const& one, client_facts const& client) {
  auto outside = make_world();
  auto made = outside.decide(make_gate(one.main_cf), client, one.recipient);
  EXPECT_EQ(reply_of(made), one.want) << one.name;
}

TEST(restrictions, anywhere) {
  std::vector<row> const rows{
      {"reject", "smtpd_client_restrictions = reject\n", "joe@example.net",
       "554 5.7.1 <unknown[203.0.113.9]>: Client host rejected: Access denied"},
      {"defer", "smtpd_sender_restrictions = defer\n", "joe@example.net",
       "450 4.3.2 <who@elsewhere.example>: Sender address rejected: Try again later"},
      {"case does not matter", "smtpd_helo_restrictions = REJECT\n", "joe@example.net",
       "554 5.7.1 <laptop.elsewhere.example>: Helo command rejected: Access denied"},
      {"permit ends its list alone", "smtpd_client_restrictions = permit, reject\nsmtpd_helo_restrictions = reject\n",
       "joe@example.net", "554 5.7.1 <laptop.elsewhere.example>: Helo command rejected: Access denied"},
      {"defer_if_permit in an early list", "smtpd_client_restrictions = defer_if_permit\n", "joe@example.net",
       "450 4.7.0 <unknown[203.0.113.9]>: Client host rejected: defer_if_permit requested"},
      {"defer_if_permit does not save from a refusal", "smtpd_client_restrictions = defer_if_permit\n",
       "x@other.example", "454 4.7.1 <x@other.example>: Relay access denied"},
      {"defer_if_reject", "smtpd_recipient_restrictions = defer_if_reject, reject\n", "joe@example.net",
       "450 4.7.0 <joe@example.net>: Recipient address rejected: defer_if_reject requested"},
      {"both end the list", "smtpd_recipient_restrictions = defer_if_reject, defer_if_permit, reject\n",
       "joe@example.net", "450 4.7.0 <joe@example.net>: Recipient address rejected: defer_if_permit requested"},
      {"warn_if_reject", "smtpd_recipient_restrictions = warn_if_reject reject, permit\n", "joe@example.net", "250"},
      {"warn_if_reject takes one", "smtpd_recipient_restrictions = warn_if_reject reject, reject\n", "joe@example.net",
       "554 5.7.1 <joe@example.net>: Recipient address rejected: Access denied"},
      {"warn_if_reject holds for a class",
       "smtpd_restriction_classes = kl\nkl = reject, defer\nsmtpd_recipient_restrictions = warn_if_reject kl, permit\n",
       "joe@example.net", "250"},
      {"a class",
       "smtpd_restriction_classes = kl\nkl = check_helo_access static:REJECT\nsmtpd_data_restrictions = kl\n"
       "smtpd_recipient_restrictions = kl\n",
       "joe@example.net", "554 5.7.1 <laptop.elsewhere.example>: Helo command rejected: Access denied"},
      {"a class without end", "smtpd_restriction_classes = kl\nkl = kl\nsmtpd_recipient_restrictions = kl\n",
       "joe@example.net", "451 4.3.5 Server configuration error"},
      {"unknown", "smtpd_recipient_restrictions = foo\n", "joe@example.net", "451 4.3.5 Server configuration error"},
      {"no argument", "smtpd_recipient_restrictions = check_client_access\n", "joe@example.net",
       "451 4.3.5 Server configuration error"},
      {"sleep wants a number", "smtpd_recipient_restrictions = sleep x\n", "joe@example.net",
       "451 4.3.5 Server configuration error"},
      {"sleep", "smtpd_recipient_restrictions = sleep 1, sleep 1, reject\n", "joe@example.net",
       "554 5.7.1 <joe@example.net>: Recipient address rejected: Access denied"},
      {"plaintext", "smtpd_recipient_restrictions = reject_plaintext_session\n", "joe@example.net",
       "450 4.7.1 Session encryption is required"},
      {"codes", "reject_code = 571\nsmtpd_recipient_restrictions = reject\n", "joe@example.net",
       "571 5.7.1 <joe@example.net>: Recipient address rejected: Access denied"},
      {"codes that are none", "reject_code = 250\nsmtpd_recipient_restrictions = reject\n", "joe@example.net",
       "450 4.7.1 Service unavailable"},
      {"postmaster", "smtpd_client_restrictions = reject\n", "postmaster", "250"},
  };
  for (auto const& one : rows) expect(one, stranger());
}

TEST(restrictions, clients) {
  auto named = stranger();
  named.name = named.reverse_name = "host.good.example";
  named.status = named.reverse_status = name_status::ok;
  auto liar = stranger();
  liar.reverse_name = "liar.example";
  liar.status = name_status::unverified;
  liar.reverse_status = name_status::ok;
  auto later = stranger();
  later.status = name_status::temporary;
  constexpr auto unknown =
      "smtpd_client_restrictions = reject_unknown_client_hostname\nunknown_client_reject_code = 550\n";
  constexpr auto reverse =
      "smtpd_client_restrictions = reject_unknown_reverse_client_hostname\nunknown_client_reject_code = 550\n";
  expect({"no name", unknown, "joe@example.net",
          "550 5.7.25 Client host rejected: cannot find your hostname, [203.0.113.9]"},
         stranger());
  expect({"no answer", unknown, "joe@example.net",
          "450 4.7.25 Client host rejected: cannot find your hostname, [203.0.113.9]"},
         later);
  expect({"a name", unknown, "joe@example.net", "250"}, named);
  expect({"a lie", unknown, "joe@example.net",
          "550 5.7.25 Client host rejected: cannot find your hostname, [203.0.113.9]"},
         liar);
  expect({"a lie is a reverse name", reverse, "joe@example.net", "250"}, liar);
  expect({"no reverse name", reverse, "joe@example.net",
          "550 5.7.1 Client host rejected: cannot find your reverse hostname, [203.0.113.9]"},
         stranger());
  constexpr auto access = "smtpd_client_restrictions = check_client_access inline:{{good.example = REJECT by name}}\n";
  expect({"parents of a name", access, "joe@example.net",
          "554 5.7.1 <host.good.example[203.0.113.9]>: Client host rejected: by name"},
         named);
  constexpr auto network = "smtpd_client_restrictions = check_client_access inline:{{203.0 = 550 5.1.1 net}}\n";
  expect({"networks", network, "joe@example.net", "550 5.0.0 <unknown[203.0.113.9]>: Client host rejected: net"},
         stranger());
  constexpr auto forbidden =
      "smtpd_client_restrictions = check_reverse_client_hostname_access inline:{{liar.example = OK}}\n";
  expect({"an unconfirmed name lets nobody in", forbidden, "joe@example.net", "451 4.3.5 Server configuration error"},
         liar);
}

TEST(restrictions, names_that_clients_say) {
  struct helo_row {
    std::string helo;
    std::string invalid, non_fqdn, unknown;
  };
  std::string const no_name = "501 5.5.2 <{}>: Helo command rejected: Invalid name";
  std::string const no_address = "501 5.5.2 <{}>: Helo command rejected: invalid ip address";
  std::string const no_fqdn = "504 5.5.2 <{}>: Helo command rejected: need fully-qualified hostname";
  std::string const not_found = "450 4.7.1 <{}>: Helo command rejected: Host not found";
  std::vector<helo_row> const rows{
      {"good.example", "250", "250", "250"},
      {"mx.example", "250", "250", "250"},
      {"nullmx.example", "250", "250", "250"},
      {"none.example", "250", "250", not_found},
      {"broken.example", "250", "250", not_found},
      {"foo", "250", no_fqdn, not_found},
      {"1.2.3.4", "250", no_fqdn, not_found},
      {"12345", no_name, no_fqdn, not_found},
      {"[1.2.3.4]", "250", "250", "250"},
      {"[IPv6:::1]", "250", "250", "250"},
      {"[foo]", no_address, no_address, no_address},
      {"-a.example", no_name, no_fqdn, not_found},
      {"a..b", no_name, no_fqdn, not_found},
      {"a_b.example", "250", "250", not_found},
      {"good.example.", "250", "250", not_found},
  };
  for (auto const& one : rows) {
    auto client = stranger();
    client.helo = one.helo;
    auto fill = [&](std::string text) {
      if (auto place = text.find("{}"); place != std::string::npos) text.replace(place, 2, one.helo);
      return text;
    };
    auto list = [](char const* name) { return std::string("smtpd_helo_restrictions = ") + name + "\n"; };
    expect({one.helo, list("reject_invalid_helo_hostname"), "joe@example.net", fill(one.invalid)}, client);
    expect({one.helo, list("reject_non_fqdn_helo_hostname"), "joe@example.net", fill(one.non_fqdn)}, client);
    expect({one.helo, list("reject_unknown_helo_hostname"), "joe@example.net", fill(one.unknown)}, client);
  }
  auto silent = stranger();
  silent.helo.reset();
  expect({"without HELO its list is not asked", "smtpd_helo_restrictions = reject\n", "joe@example.net", "250"},
         silent);
}

TEST(restrictions, addresses) {
  struct address_row {
    std::string address;
    std::string non_fqdn, unknown_sender, unknown_recipient;
  };
  std::string const relay = "450 4.1.2 <{}>: Recipient address rejected: Domain not found";
  std::string const from = "450 4.1.8 <{}>: Sender address rejected: Domain not found";
  std::string const fqdn = "504 5.5.2 <{}>: Sender address rejected: need fully-qualified address";
  std::vector<address_row> const rows{
      {"x@good.example", "250", "250", "250"},
      {"x@mx.example", "250", "250", "250"},
      {"x@none.example", "250", from, relay},
      {"x@broken.example", "250", from, relay},
      {"x@[1.2.3.4]", "250", "250", "250"},
      {"x@y.example.", "250", from, relay},
      {"x@y", fqdn, from, relay},
      {"joe", fqdn, "250", "250"},
      {"x@example.net", "250", "250", "250"},
      {"x@relayed.example", "250", from, relay},
      {"x@nullmx.example", "250",
       "550 5.7.27 <{}>: Sender address rejected: Domain nullmx.example does not accept mail (nullMX)",
       "556 5.1.10 <{}>: Recipient address rejected: Domain nullmx.example does not accept mail (nullMX)"},
  };
  for (auto const& one : rows) {
    auto fill = [&](std::string text) {
      if (auto place = text.find("{}"); place != std::string::npos) text.replace(place, 2, one.address);
      return text;
    };
    auto client = stranger();
    client.sender = one.address;
    expect({one.address, "smtpd_sender_restrictions = reject_non_fqdn_sender\n", "joe@example.net", fill(one.non_fqdn)},
           client);
    expect({one.address, "smtpd_sender_restrictions = reject_unknown_sender_domain\n", "joe@example.net",
            fill(one.unknown_sender)},
           client);
    auto user = stranger();
    user.sasl_user = "joe";
    expect({one.address, "smtpd_recipient_restrictions = reject_unknown_recipient_domain\n", one.address,
            fill(one.unknown_recipient)},
           user);
  }
}

TEST(restrictions, lists_in_the_dns) {
  auto from_bad = stranger();
  from_bad.sender = "a@bad.example";
  constexpr auto listed =
      "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using bl.example; listed for fun $HOME";
  expect({"listed", "smtpd_client_restrictions = reject_rbl_client bl.example\n", "joe@example.net", listed},
         stranger());
  expect({"the answer counts", "smtpd_client_restrictions = reject_rbl_client bl.example=127.0.0.[1..3]\n",
          "joe@example.net", "250"},
         stranger());
  expect({"the answer counts", "smtpd_client_restrictions = reject_rbl_client bl.example=127.0.0.[2;4..5]\n",
          "joe@example.net", listed},
         stranger());
  expect({"an own text",
          "rbl_reply_maps = inline:{{bl.example = 550 5.7.9 $$rbl_domain says $$rbl_what is bad}}\n"
          "smtpd_client_restrictions = reject_rbl_client bl.example\n",
          "joe@example.net", "550 5.7.9 bl.example says 203.0.113.9 is bad"},
         stranger());
  expect({"a text that is none counts as not there",
          "rbl_reply_maps = inline:{{bl.example = go away}}\n"
          "smtpd_client_restrictions = reject_rbl_client bl.example\n",
          "joe@example.net", listed},
         stranger());
  expect({"no domain: Postfix goes on", "smtpd_client_restrictions = reject_rbl_client\n", "joe@example.net", "250"},
         stranger());
  expect({"a sender's domain", "smtpd_sender_restrictions = reject_rhsbl_sender rhs.example\n", "joe@example.net",
          "554 5.7.1 Service unavailable; Sender address [a@bad.example] blocked using rhs.example"},
         from_bad);
  constexpr auto allow =
      "smtpd_relay_restrictions = permit_dnswl_client wl.example, reject_unauth_destination, reject\n";
  expect({"a list of the good", allow, "joe@example.net", "250"}, stranger());
  expect({"relays nothing", allow, "x@other.example", "554 5.7.1 <x@other.example>: Relay access denied"}, stranger());
}

TEST(restrictions, hosts_behind_a_name) {
  auto from = [](std::string sender) {
    auto out = stranger();
    out.sender = std::move(sender);
    return out;
  };
  constexpr auto mx = "smtpd_sender_restrictions = check_sender_mx_access inline:{{192.0.2.9 = REJECT}}\n";
  expect({"the exchanger's address", mx, "joe@example.net",
          "554 5.7.1 <x@mx.example>: Sender address rejected: Access denied"},
         from("x@mx.example"));
  expect({"a literal", mx, "joe@example.net", "554 5.7.1 <x@[192.0.2.9]>: Sender address rejected: Access denied"},
         from("x@[192.0.2.9]"));
  expect({"no such domain", mx, "joe@example.net", "250"}, from("x@none.example"));
  constexpr auto a = "smtpd_sender_restrictions = check_sender_a_access inline:{{192.0.2.5 = OK}}\n";
  expect({"lets nobody in", a, "joe@example.net", "451 4.3.5 Server configuration error"}, from("x@good.example"));
  constexpr auto ns = "smtpd_sender_restrictions = check_sender_ns_access inline:{{bad.example = REJECT}}\n";
  expect({"name servers of a domain above", ns, "joe@example.net",
          "554 5.7.1 <x@deep.in.zone.example>: Sender address rejected: Access denied"},
         from("x@deep.in.zone.example"));
}

TEST(restrictions, backups) {
  constexpr auto list = "smtpd_relay_restrictions = permit_mx_backup, reject_unauth_destination\n";
  constexpr auto known = "permit_mx_backup_networks = 192.0.2.64/26\n";
  constexpr auto other = "permit_mx_backup_networks = 192.0.2.128/26\n";
  expect({"backup", list, "x@backup.example", "250"}, stranger());
  expect({"primary", list, "x@mine.example", "554 5.7.1 <x@mine.example>: Relay access denied"}, stranger());
  expect({"other's", list, "x@mx.example", "554 5.7.1 <x@mx.example>: Relay access denied"}, stranger());
  expect({"routed", list, "x%a@backup.example", "554 5.7.1 <x%a@backup.example>: Relay access denied"}, stranger());
  expect({"not known", list, "x@broken.example",
          "450 4.4.4 <x@broken.example>: Recipient address rejected: Unable to look up mail exchanger information: "
          "Host not found, try again"},
         stranger());
  expect({"known primary", std::string(list) + known, "x@backup.example", "250"}, stranger());
  expect({"strange primary", std::string(list) + other, "x@backup.example",
          "554 5.7.1 <x@backup.example>: Relay access denied"},
         stranger());
}

TEST(restrictions, who_exists) {
  constexpr auto maps =
      "local_recipient_maps = inline:{joe=x}\nvirtual_alias_domains = va.example\nvirtual_alias_maps = "
      "inline:{{a@va.example = joe}}\nvirtual_mailbox_domains = vm.example\nvirtual_mailbox_maps = "
      "inline:{a@vm.example=x}\nrelay_recipient_maps = inline:{a@relayed.example=x}\nrelocated_maps = "
      "inline:{{gone@example.net = new@other.example}}\nrecipient_delimiter = +\n";
  std::vector<row> const rows{
      {"", maps, "joe@example.net", "250"},
      {"", maps, "joe+list@example.net", "250"},
      {"", maps, "postmaster@example.net", "250"},
      {"", maps, "double-bounce@example.net", "250"},
      {"", maps, "nobody@example.net",
       "550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown in local recipient table"},
      {"", maps, "gone@example.net",
       "550 5.1.6 <gone@example.net>: Recipient address rejected: User has moved to new@other.example"},
      {"", maps, "a@va.example", "250"},
      {"", maps, "x@va.example",
       "550 5.1.1 <x@va.example>: Recipient address rejected: User unknown in virtual alias table"},
      {"", maps, "a@vm.example", "250"},
      {"", maps, "x@vm.example",
       "550 5.1.1 <x@vm.example>: Recipient address rejected: User unknown in virtual mailbox table"},
      {"", maps, "a@relayed.example", "250"},
      {"", maps, "x@relayed.example",
       "550 5.1.1 <x@relayed.example>: Recipient address rejected: User unknown in relay recipient table"},
      {"", std::string(maps) + "show_user_unknown_table_name = no\n", "nobody@example.net",
       "550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown"},
      {"", std::string(maps) + "smtpd_reject_unlisted_recipient = no\n", "nobody@example.net", "250"},
  };
  for (auto const& one : rows) expect({one.recipient, one.main_cf, one.recipient, one.want}, stranger());
  auto as = [](std::string sender) {
    auto out = stranger();
    out.sender = std::move(sender);
    return out;
  };
  auto senders = std::string(maps) + "smtpd_reject_unlisted_sender = yes\n";
  expect({"sender", senders, "joe@example.net",
          "550 5.1.0 <nobody@example.net>: Sender address rejected: User unknown in local recipient table"},
         as("nobody@example.net"));
  expect({"sender", senders, "joe@example.net",
          "550 5.1.7 <x@va.example>: Sender address rejected: User unknown in virtual alias table"},
         as("x@va.example"));
  expect({"routed sender", senders, "joe@example.net", "250"}, as("nobody%foo@example.net"));
}

TEST(restrictions, accounts_are_asked) {
  constexpr auto list = "local_recipient_maps = proxy:unix:passwd.byname $alias_maps\n";
  world outside;
  outside.accounts = {{"joe@example.net", existence::exists}, {"late@example.net", existence::unavailable}};
  auto subject = make_gate(list);
  EXPECT_EQ(reply_of(outside.decide(subject, stranger(), "joe@example.net")), "250");
  EXPECT_EQ(reply_of(outside.decide(subject, stranger(), "late@example.net")),
            "451 4.3.0 <late@example.net>: Temporary lookup failure");
  EXPECT_EQ(reply_of(outside.decide(subject, stranger(), "no@example.net")),
            "550 5.1.1 <no@example.net>: Recipient address rejected: User unknown in local recipient table");
}

TEST(restrictions, whose_the_sender_is) {
  constexpr auto maps = "smtpd_sender_login_maps = inline:{{joe@example.net = joe}, {shared@example.net = ann, joe}}\n";
  auto as = [](std::string user, std::string sender) {
    auto out = stranger();
    out.sasl_user = std::move(user);
    out.sender = std::move(sender);
    return out;
  };
  auto list = [&](char const* name) { return std::string(maps) + "smtpd_sender_restrictions = " + name + "\n"; };
  auto all = list("reject_sender_login_mismatch");
  auto known = list("reject_known_sender_login_mismatch");
  std::string const not_joes = "553 5.7.1 <ann@example.net>: Sender address rejected: not owned by user joe";
  expect({"own", all, "joe@example.net", "250"}, as("JOE", "joe@example.net"));
  expect({"shared", all, "joe@example.net", "250"}, as("joe", "shared@example.net"));
  expect({"nobody's", all, "joe@example.net", not_joes}, as("joe", "ann@example.net"));
  expect({"nobody's may", known, "joe@example.net", "250"}, as("joe", "ann@example.net"));
  expect({"other's", known, "joe@example.net",
          "553 5.7.1 <joe@example.net>: Sender address rejected: not owned by user ann"},
         as("ann", "joe@example.net"));
  expect({"without a login", all, "joe@example.net",
          "553 5.7.1 <joe@example.net>: Sender address rejected: not logged in"},
         as("", "joe@example.net"));
  expect({"without a login, nobody's", all, "joe@example.net", "250"}, as("", "who@elsewhere.example"));
  auto subject = make_gate(all);
  auto header = [&](std::vector<std::string> const& from) {
    world outside;
    auto client = as("joe", "");
    return reply_of(outside.decide_by([&](answers& memo) { return subject.decide_header_from(client, from, memo); }));
  };
  EXPECT_EQ(header({"joe@example.net"}), "250");
  EXPECT_EQ(header({"joe@example.net", "ann@example.net"}), not_joes);
  EXPECT_EQ(header({}), "250");
}

TEST(restrictions, other_commands) {
  auto subject = make_gate(
      "smtpd_data_restrictions = reject_multi_recipient_bounce, reject_unauth_pipelining\n"
      "smtpd_end_of_data_restrictions = reject\nsmtpd_etrn_restrictions = check_etrn_access static:REJECT\n");
  world outside;
  auto client = stranger();
  client.at = command::data;
  client.sender = "";
  client.recipient_count = 2;
  auto data = [&] {
    return reply_of(outside.decide_by([&](answers& memo) { return subject.decide_data(client, memo); }));
  };
  EXPECT_EQ(data(), "550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce");
  client.recipient_count = 1;
  EXPECT_EQ(data(), "250");
  client.input_waiting = true;
  EXPECT_EQ(data(), "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining");
  EXPECT_EQ(reply_of(outside.decide_by([&](answers& memo) { return subject.decide_end_of_data(client, memo); })),
            "554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied");
  EXPECT_EQ(reply_of(outside.decide_by([&](answers& memo) { return subject.decide_etrn(client, "a.example", memo); })),
            "554 5.7.1 <a.example>: Etrn command rejected: Access denied");
}

TEST(restrictions, a_policy_server) {
  world outside;
  constexpr auto list = "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:1\n";
  auto subject = make_gate(list);
  outside.service = {"REJECT policy says no", {}};
  EXPECT_EQ(reply_of(outside.decide(subject, stranger(), us)),
            "554 5.7.1 <joe@example.net>: Recipient address rejected: policy says no");
  outside.service = {"PREPEND X-Policy: seen", {}};
  auto made = outside.decide(subject, stranger(), us);
  EXPECT_EQ(made.actions.prepended_headers, std::vector<std::string>{"X-Policy: seen"});
  outside.service = {std::nullopt, "nobody there"};
  made = outside.decide(subject, stranger(), us);
  EXPECT_EQ(reply_of(made), "451 4.3.5 <joe@example.net>: Recipient address rejected: Server configuration problem");
  EXPECT_EQ(made.warnings.size(), 1U);
  auto own_default = make_gate(
      "smtpd_recipient_restrictions = check_policy_service { inet:127.0.0.1:1, default_action = DUNNO, timeout=5s }\n");
  EXPECT_EQ(reply_of(outside.decide(own_default, stranger(), us)), "250");
}

TEST(restrictions, a_decision_asks_again_and_says_the_same) {
  auto subject = make_gate(
      "smtpd_client_restrictions = warn_if_reject reject_rbl_client bl.example, check_client_access "
      "inline:{{203.0.113.9 = INFO seen}}\nsmtpd_recipient_restrictions = reject_unknown_sender_domain\n");
  auto outside = make_world();
  auto made = outside.decide(subject, stranger(), us);
  EXPECT_EQ(reply_of(made), "450 4.1.8 <who@elsewhere.example>: Sender address rejected: Domain not found");
  ASSERT_EQ(made.notes.size(), 2U);  // each side effect once, however often it ran
  EXPECT_EQ(made.notes[0].kind, "reject_warning");
  EXPECT_EQ(made.notes[1].text, "seen");
  EXPECT_EQ(outside.questions, 4);
}

TEST(restrictions, every_row_has_a_function_and_one_name) {
  std::set<std::string_view> seen;
  for (auto const& one : restriction_table()) {
    EXPECT_TRUE(seen.insert(one.name).second) << one.name;
    EXPECT_EQ(one.decide == nullptr, one.argument == argument_kind::next) << one.name;
    EXPECT_EQ(find_restriction(one.name), &one);
  }
}

}  // namespace
}  // namespace postern::policy
