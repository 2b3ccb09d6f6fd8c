#pragma once
// Purpose: what the tests of this folder share: a gate from a few lines of main.cf, and a world that answers its
//          questions.

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "policy/gate.hpp"

namespace postern::policy::testing {

inline constexpr std::string_view names =
    "myhostname = mail.example.net\nmydomain = example.net\nmyorigin = example.net\n"
    "mydestination = example.net, localhost\nrelay_domains = relayed.example\nsmtpd_sasl_auth_enable = yes\n"
    "mynetworks = 198.51.100.0/24\nlocal_recipient_maps =\n";

inline gate make_gate(std::string_view rest) {
  auto settings = config::settings::load_text(std::string(names) + std::string(rest), {.main_cf_may_be_missing = true});
  EXPECT_TRUE(settings.has_value()) << (settings ? "" : settings.error().text);
  auto made = gate::load(*settings, {*ip_address::parse("192.0.2.25")});
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().text);
  return made ? *made : gate();
}

inline client_facts stranger() {
  client_facts out;
  out.address = *ip_address::parse("203.0.113.9");
  out.helo = "laptop.elsewhere.example";
  out.sender = "who@elsewhere.example";
  return out;
}

/// Whom decisions ask. What is not named is not there.
struct world {
  std::map<std::string, dns_answer> dns;  ///< by "MX example.com"
  std::map<std::string, existence> accounts;
  service_answer service;
  mail_access_answer window;
  probe_answer probe;
  int questions = 0;

  void add(std::string const& what, std::vector<dns_record> records) {
    dns[what] = {dns_status::found, std::move(records), {}};
  }
  void break_name(std::string const& what) { dns[what] = {dns_status::try_again, {}, "try again"}; }

  void answer(question const& asked, answers& known) {
    ++questions;
    if (auto const* name = std::get_if<dns_question>(&asked)) {
      auto place = dns.find(std::string(format_dns_kind(name->kind)) + " " + name->name);
      known.put(*name, place == dns.end() ? dns_answer{dns_status::no_such_name, {}, "not found"} : place->second);
    } else if (auto const* account = std::get_if<account_question>(&asked)) {
      auto place = accounts.find(account->address);
      known.put(*account, place == accounts.end() ? existence::unknown : place->second);
    } else if (auto const* server = std::get_if<service_question>(&asked)) {
      known.put(*server, service);
    } else if (auto const* access = std::get_if<mail_access_question>(&asked)) {
      known.put(*access, window);
    } else if (auto const* address = std::get_if<probe_question>(&asked)) {
      known.put(*address, probe);
    } else if (auto const* pause = std::get_if<pause_question>(&asked)) {
      known.put(*pause, {});
    } else if (auto const* table = std::get_if<maps::question>(&asked)) {
      known.put(*table, fail(table->table + " cannot be asked here"));
    }
  }

  recipient_decision decide(gate const& subject, client_facts const& client, std::string_view recipient) {
    answers known;
    for (;;) {
      auto said = subject.decide_recipient(client, recipient, known);
      if (said) return std::move(*said);
      answer(said.error(), known);
    }
  }
  template <class Decide>
  decision decide_by(Decide decide) {
    answers known;
    for (;;) {
      auto said = decide(known);
      if (said) return std::move(*said);
      answer(said.error(), known);
    }
  }
};

/// "250", or "554 5.7.1 text".
inline std::string reply_of(decision const& made) {
  if (!made.refused) return "250";
  return std::to_string(made.refused->code) + " " + made.refused->enhanced + " " + made.refused->text;
}

}  // namespace postern::policy::testing
