#include "config/settings.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "config/derived.hpp"
#include "config/test_support.hpp"

namespace postern::config {
namespace {

using namespace std::chrono_literals;
using testing::load;
using testing::make_request;
using testing::problems_of;
using lines = std::vector<std::string>;
using words = std::vector<std::string>;

TEST(settings, typed_values_by_name) {
  auto const configured = load(
      "myhostname = a.example.org\nsmtpd_helo_required = YES\nsmtpd_recipient_limit = 7\n"
      "maximal_queue_lifetime = 2\nmydestination = $myhostname, localhost\n{x} = 1\n");
  EXPECT_EQ(configured.text("smtpd_banner"), "a.example.org ESMTP Postfix");
  EXPECT_TRUE(configured.boolean("smtpd_helo_required"));
  EXPECT_EQ(configured.integer("smtpd_recipient_limit"), 7);
  EXPECT_EQ(configured.integer("message_size_limit"), 10240000);
  EXPECT_EQ(configured.duration("maximal_queue_lifetime"), 48h);
  EXPECT_EQ(configured.duration("smtpd_timeout"), 300s);
  EXPECT_EQ(configured.list("mydestination"), (words{"a.example.org", "localhost"}));
  EXPECT_EQ(configured.raw("mydestination"), "$myhostname, localhost");
  EXPECT_EQ(configured.where("mydestination").text(), "/nonexistent/main.cf:5");
  EXPECT_EQ(configured.where("smtpd_banner").text(), "built-in default");
  EXPECT_EQ(configured.where("mydomain").text(), "detected");
  EXPECT_EQ(configured.duration("relay_destination_rate_delay"), 0s);
}

TEST(settings, lists_keep_groups) {
  EXPECT_EQ(split_list(" a, b\tc ,,{ d e }, f:{{/x y/ z}} "), (words{"a", "b", "c", "{ d e }", "f:{{/x y/ z}}"}));
  EXPECT_TRUE(split_list(" , ").empty());
}

TEST(settings, host_facts_fill_what_is_not_set) {
  auto const plain = load("compatibility_level = 2\n");
  EXPECT_EQ(plain.text("myhostname"), "mx.example.org");
  EXPECT_EQ(plain.text("mydomain"), "example.org");
  struct {
    std::string_view main_cf;
    std::string_view want;
  } const cases[] = {
      {"mynetworks_style = host", "127.0.0.1/32 192.0.2.17/32 [::1]/128 [2001:db8::17]/128"},
      {"mynetworks_style = subnet", "127.0.0.0/8 192.0.2.0/24 [::1]/128 [2001:db8::]/64"},
      {"mynetworks_style = class\ninet_protocols = ipv4", "127.0.0.0/8 192.0.2.0/24"},
      {"mynetworks_style = subnet\ninet_interfaces = loopback-only", "127.0.0.0/8 [::1]/128"},
      {"mynetworks_style = host\ninet_interfaces = 192.0.2.17, [::1]", "192.0.2.17/32 [::1]/128"},
      {"compatibility_level = 2", "127.0.0.1/32 192.0.2.17/32 [::1]/128 [2001:db8::17]/128"},
      {"mynetworks = 10.0.0.0/8", "10.0.0.0/8"},
  };
  for (auto const& [main_cf, want] : cases) EXPECT_EQ(load(main_cf).text("mynetworks"), want) << main_cf;
  EXPECT_EQ(find_default_hostname({"box", {}}), "box.localdomain");
  EXPECT_EQ(find_default_domain("box"), "localdomain");
}

TEST(settings, problems_are_named_with_file_and_line) {
  struct {
    std::string_view main_cf;
    lines want;
  } const cases[] = {
      {"smtpd_helo_required = maybe",
       {"/nonexistent/main.cf:1: smtpd_helo_required = maybe: \"maybe\" is neither yes nor no"}},
      {"\nsmtpd_recipient_limit = 0",
       {"/nonexistent/main.cf:2: smtpd_recipient_limit = 0: 0 is out of bounds (at least 1)"}},
      {"bounce_queue_lifetime = 101d",
       {"/nonexistent/main.cf:1: bounce_queue_lifetime = 101d: 101d is out of bounds (0s to 100d)"}},
      {"smtpd_timeout = 5 minutes",
       {"/nonexistent/main.cf:1: smtpd_timeout = 5 minutes: \"5 minutes\" is not a time such as 30s, 5m, 2h, 1d or "
        "1w"}},
      {"smtpd_tls_loglvel = 1",
       {"/nonexistent/main.cf:1: unknown parameter smtpd_tls_loglvel; perhaps smtpd_tls_loglevel is meant"}},
      {"something_of_mine = 1",
       {"/nonexistent/main.cf:1: unused parameter something_of_mine: no $name refers to it; remove it or correct its "
        "name"}},
      {"something_of_mine = 1\nrelayhost = $something_of_mine", {}},
      {"smtpd_use_tls = yes",
       {"/nonexistent/main.cf:1: smtpd_use_tls is obsolete; write smtpd_tls_security_level = may"}},
      {"relayhost = x\nrelayhost = y",
       {"/nonexistent/main.cf:2: relayhost was already set in line 1; this later value counts; remove one of them"}},
      {"relayhost = $nowhere",
       {"/nonexistent/main.cf:1: relayhost refers to $nowhere, which is not defined; define it or remove the "
        "reference; "
        "it counts as empty"}},
      {"home_mailbox = $home_mailbox",
       {"/nonexistent/main.cf:1: home_mailbox: home_mailbox refers to itself: home_mailbox -> home_mailbox"}},
      {"biff = no\nmailbox_size_limit = 0", {}},
      {"message_strip_characters = x",
       {"/nonexistent/main.cf:1: message_strip_characters is not supported yet and has no effect; remove it, or do not "
        "rely on "
        "it"}},
      {"content_filter =", {}},
      {"nonsense", {"/nonexistent/main.cf:1: missing '=' after attribute name: \"nonsense\""}},
      {"relay_destination_concurrency_limit = 3", {}},
      {"relay_destination_concurrency_limit = x",
       {"/nonexistent/main.cf:1: relay_destination_concurrency_limit = x: \"x\" is not a number"}},
      {"hash_queue_depth = 1", {}},
  };
  for (auto const& [main_cf, want] : cases) EXPECT_EQ(problems_of(load(main_cf)), want) << main_cf;
}

TEST(settings, folded_parameters_are_noted) {
  auto const problems = problems_of(load("hash_queue_depth = 2"), severity::note);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("has no work to do here"), std::string::npos);
}

TEST(settings, an_error_stops_a_program_but_not_check) {
  auto request = make_request();
  EXPECT_TRUE(settings::load_text("smtpd_timeout = x\n", request)->has_errors());
  EXPECT_EQ(settings::load_text("smtpd_timeout = x\n", request)->duration("smtpd_timeout"), 300s);
  request.tolerate_errors = false;
  auto refused = settings::load_text("smtpd_timeout = x\n", request);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("/nonexistent/main.cf:1: smtpd_timeout"), std::string::npos);
  EXPECT_TRUE(settings::load_text("content_filter = x\n", request));
}

TEST(settings, a_default_that_other_values_spoil_is_an_error) {
  // smtpd_sasl_tls_security_options takes the value of the other one; smtpd_starttls_timeout depends on stress only.
  EXPECT_TRUE(load("").diagnostics().empty());
  EXPECT_TRUE(load("stress = }\n").diagnostics().empty());
  EXPECT_TRUE(load("compatibility_level = x\n").has_errors());
}

TEST(settings, overrides_come_first_and_private_directories_last) {
  auto request = make_request();
  request.overrides = {{"smtpd_banner", "hello"}, {"queue_directory", "/elsewhere"}};
  request.private_dir = "/srv/p";
  auto const configured =
      *settings::load_text("smtpd_banner = no\nhome_mailbox = Maildir/\nmaillog_file = /var/log/mail.log\n", request);
  EXPECT_EQ(configured.text("smtpd_banner"), "hello");
  EXPECT_EQ(configured.where("smtpd_banner").text(), "-o");
  EXPECT_EQ(configured.text("queue_directory"), "/srv/p/spool");
  EXPECT_EQ(configured.text("data_directory"), "/srv/p/data");
  EXPECT_EQ(configured.text("mail_spool_directory"), "/srv/p/mail/");
  EXPECT_EQ(configured.text("home_mailbox"), "");
  EXPECT_EQ(configured.text("maillog_file"), "/srv/p/mail.log");
  EXPECT_EQ(configured.where("queue_directory").text(), "--dir");
  EXPECT_EQ(configured.with({{"queue_directory", "/x"}}).text("queue_directory"), "/srv/p/spool");
}

TEST(settings, stress_changes_what_depends_on_it) {
  auto const calm = load("");
  auto const stressed = calm.with({{"stress", "yes"}});
  EXPECT_EQ(calm.integer("smtpd_hard_error_limit"), 20);
  EXPECT_EQ(stressed.integer("smtpd_hard_error_limit"), 1);
  EXPECT_EQ(stressed.duration("smtpd_timeout"), 10s);
  EXPECT_TRUE(stressed.boolean("smtpd_per_request_deadline"));
}

TEST(settings, obsolete_names_keep_their_meaning) {
  EXPECT_EQ(load("tls_daemon_random_source = dev:/x").text("tls_random_source"), "dev:/x");
  EXPECT_EQ(load("virtual_maps = hash:/x").text("virtual_alias_maps"), "hash:/x");
  EXPECT_EQ(load("fallback_relay = [x]").text("smtp_fallback_relay"), "[x]");
  struct {
    std::string_view main_cf;
    std::string_view server;
    std::string_view client;
  } const cases[] = {
      {"", "none", "none"},
      {"smtpd_use_tls = yes\nsmtp_use_tls = yes", "may", "may"},
      {"smtpd_enforce_tls = yes\nsmtp_enforce_tls = yes", "encrypt", "verify"},
      {"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no", "none", "encrypt"},
      {"smtpd_tls_security_level = none\nsmtpd_use_tls = yes", "none", "none"},
      {"smtpd_tls_security_level = Secure\nsmtp_tls_security_level = dane", "encrypt", "dane"},
  };
  for (auto const& [main_cf, server, client] : cases) {
    auto const configured = load(main_cf);
    EXPECT_EQ(find_server_tls_level(configured), server) << main_cf;
    EXPECT_EQ(find_client_tls_level(configured), client) << main_cf;
  }
}

TEST(settings, configuration_a_loads) {
  auto request = make_request();
  request.config_dir = testing::data_dir() + "/config-a";
  request.tolerate_errors = false;
  auto const configured = settings::load(request);
  ASSERT_TRUE(configured) << configured.error().text;
  EXPECT_TRUE(problems_of(*configured).empty());
  EXPECT_TRUE(configured->boolean("smtpd_sasl_auth_enable"));
  EXPECT_TRUE(configured->boolean("broken_sasl_auth_clients"));
  EXPECT_EQ(configured->list("smtpd_recipient_restrictions"),
            (words{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination"}));
}

TEST(settings, configuration_b_loads_and_says_what_is_old) {
  auto request = make_request();
  request.config_dir = testing::data_dir() + "/config-b";
  request.tolerate_errors = false;
  auto const configured = settings::load(request);
  ASSERT_TRUE(configured) << configured.error().text;
  EXPECT_EQ(configured->text("smtpd_sasl_local_domain"), "mx.example.org");
  EXPECT_EQ(find_server_tls_level(*configured), "may");
  EXPECT_EQ(find_client_tls_level(*configured), "may");
  std::string all;
  for (auto const& line : problems_of(*configured)) all += line + "\n";
  for (std::string_view want : {"main.cf:7: tls_daemon_random_source is obsolete; write tls_random_source",
                                "main.cf:8: smtp_use_tls is obsolete; write smtp_tls_security_level = may",
                                "main.cf:13: smtp_tls_session_cache_database uses the obsolete table type \"sdbm:\"; "
                                "write lmdb:VAR/smtp_scache",
                                "main.cf:14: smtp_tls_per_site is obsolete; write smtp_tls_policy_maps",
                                "main.cf:14: smtp_tls_per_site refers to $tls_dir, which is not defined",
                                "main.cf:16: smtpd_use_tls is obsolete; write smtpd_tls_security_level = may",
                                "main.cf:22: smtpd_tls_session_cache_database uses the obsolete table type"}) {
    EXPECT_NE(all.find(want), std::string::npos) << want << "\nin\n" << all;
  }
}

TEST(settings, a_missing_main_cf_is_an_error_unless_allowed) {
  auto request = make_request();
  EXPECT_FALSE(settings::load(request));
  request.main_cf_may_be_missing = true;
  auto const configured = settings::load(request);
  ASSERT_TRUE(configured);
  EXPECT_EQ(configured->text("relayhost"), "");
}

TEST(settings, names_that_master_cf_uses_are_not_unused) {
  testing::scratch_dir const dir;
  std::ofstream(dir.path() + "/main.cf") << "mua_client = permit\n";
  std::ofstream(dir.path() + "/master.cf") << "smtp inet n - n - - smtpd\n -o smtpd_client_restrictions=$mua_client\n";
  auto request = make_request();
  request.config_dir = dir.path();
  EXPECT_TRUE(problems_of(*settings::load(request)).empty());
}

TEST(settings_death, an_undeclared_name_is_a_bug) {
  auto const configured = load("");
  EXPECT_DEATH(configured.text("no_such_parameter"), "no table declares it");
  EXPECT_DEATH(configured.boolean("mydestination"), "not yes or no");
}

}  // namespace
}  // namespace postern::config
