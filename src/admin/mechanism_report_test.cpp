#include "admin/mechanism_report.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

constexpr char usual[] = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n";

struct row {
  char const* name;
  std::string main_cf;
  std::vector<std::string> at_daemon;
  bool tls;
  char const* mechanism;
  char const* why;  ///< empty: it is offered
};

mechanism_standing find(row const& one) {
  auto const settings = config::settings::load_text(usual + one.main_cf, {.tolerate_errors = true});
  EXPECT_TRUE(settings.has_value());
  login_plan plan;
  plan.at = login_plan::door::accounts;
  plan.named = {"PLAIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "EXTERNAL"};
  plan.named_by = "authd_mechanisms (main.cf:9)";
  plan.left_out = {{"CRAM-MD5", "no passwords are kept in a form that it can use"}};
  auto const all = explain_mechanisms(plan, *settings, format_offers(one.at_daemon), one.tls);
  EXPECT_TRUE(all.has_value());
  auto const found = std::ranges::find(*all, one.mechanism, &mechanism_standing::name);
  return found == all->end() ? mechanism_standing{} : *found;
}

TEST(mechanism_report, names_what_leaves_a_mechanism_out) {
  for (auto const& one : {
           row{"offered", "", {"PLAIN"}, true, "PLAIN", ""},
           row{"not named", "", {"PLAIN"}, true, "LOGIN", "authd_mechanisms (main.cf:9) does not name it"},
           row{"not stored", "", {"PLAIN"}, true, "CRAM-MD5", "no passwords are kept"},
           row{"not reloaded", "", {"PLAIN"}, true, "SCRAM-SHA-256", "postern reload"},
           row{"an option",
               "smtpd_sasl_security_options = noanonymous, noplaintext\n",
               {"PLAIN"},
               false,
               "PLAIN",
               "noplaintext in smtpd_sasl_security_options"},
           row{"an option for TLS",
               "smtpd_sasl_tls_security_options = noplaintext\n",
               {"PLAIN"},
               true,
               "PLAIN",
               "noplaintext in smtpd_sasl_tls_security_options"},
           row{"not the other one's",
               "smtpd_sasl_security_options = noplaintext\nsmtpd_sasl_tls_security_options =\n",
               {"PLAIN"},
               true,
               "PLAIN",
               ""},
           row{"the filter as it comes",
               "",
               {"EXTERNAL"},
               true,
               "EXTERNAL",
               "smtpd_sasl_mechanism_filter (built-in default)"},
           row{"the filter",
               "smtpd_sasl_mechanism_filter = login\n",
               {"PLAIN"},
               true,
               "PLAIN",
               "smtpd_sasl_mechanism_filter"},
           row{"bound to TLS", "", {"SCRAM-SHA-256-PLUS"}, true, "SCRAM-SHA-256-PLUS", ""},
           row{"nothing to bind to", "", {"SCRAM-SHA-256-PLUS"}, false, "SCRAM-SHA-256-PLUS", "this client has none"},
           row{"no certificate",
               "smtpd_sasl_mechanism_filter = static:rest\n",
               {"EXTERNAL"},
               true,
               "EXTERNAL",
               "show a certificate"},
       }) {
    auto const standing = find(one);
    EXPECT_EQ(standing.name, one.mechanism) << one.name;
    EXPECT_EQ(standing.offered, *one.why == '\0') << one.name << ": " << standing.why;
    EXPECT_TRUE(standing.why.contains(one.why)) << one.name << ": " << standing.why;
  }
}

TEST(login_plan, takes_the_place_from_a_sentence) {
  struct place {
    char const* text;
    char const* file;
    unsigned line;
    char const* rest;
  };
  for (auto const& [text, file, line, rest] : {
           place{"/etc/sasl2/smtpd.conf:3: this is wrong", "/etc/sasl2/smtpd.conf", 3, "this is wrong"},
           place{"/etc/sasl2/smtpd.conf: cannot be opened", "", 0, "/etc/sasl2/smtpd.conf: cannot be opened"},
           place{"no place", "", 0, "no place"},
           place{"/x:y: z", "", 0, "/x:y: z"},
       }) {
    std::string sentence = text;
    auto const where = take_place(sentence);
    EXPECT_EQ(where.file, file) << text;
    EXPECT_EQ(where.line, line) << text;
    EXPECT_EQ(sentence, rest) << text;
  }
}

}  // namespace
}  // namespace postern::admin
