#include <gtest/gtest.h>

#include "config/settings.hpp"
#include "smtp/server_settings.hpp"

namespace postern::smtp {
namespace {

server_settings load(std::string_view main_cf) {
  auto const settings = config::settings::load_text(main_cf, {});
  if (!settings) throw std::runtime_error(settings.error().text);
  return load_server_settings(*settings);
}

TEST(server_settings, has_the_defaults_of_postfix) {
  auto const settings = load("compatibility_level = 3.6\nmyhostname = mx.example.org\nmail_name = Postern\n");
  EXPECT_EQ(settings.host_name, "mx.example.org");
  EXPECT_EQ(settings.banner, "mx.example.org ESMTP Postern");
  EXPECT_EQ(settings.message_size_limit, 10'240'000U);
  EXPECT_EQ(settings.line_length_limit, 2'048U);
  EXPECT_EQ(settings.sasl_response_limit, 12'288U);
  EXPECT_EQ(settings.recipient_limit, 1'000U);
  EXPECT_EQ(settings.recipient_overshoot_limit, 1'000U);
  EXPECT_EQ(settings.soft_error_limit, 10U);
  EXPECT_EQ(settings.hard_error_limit, 20U);
  EXPECT_EQ(settings.junk_command_limit, 100U);
  EXPECT_EQ(settings.error_sleep_time.count(), 1);
  EXPECT_FALSE(settings.helo_required || settings.disable_vrfy || settings.strict_envelopes);
  EXPECT_TRUE(settings.smtputf8);
  EXPECT_EQ(settings.newline, bare_newline::normalize);
  EXPECT_EQ(settings.bare_newline_reject_code, 550);
  EXPECT_EQ(settings.tls, tls_level::none);
  EXPECT_FALSE(settings.auth_enabled || settings.auth_needs_tls || settings.auth_broken_clients);
  EXPECT_TRUE(settings.discarded_keywords.empty() && settings.noop_commands.empty());
  ASSERT_EQ(settings.forbidden_commands.size(), 4U);
  EXPECT_TRUE(settings.forbidden_commands[0].unless_letter);
  EXPECT_EQ(settings.forbidden_commands[1].word, "CONNECT");
}

TEST(server_settings, reads_what_is_set) {
  auto const settings = load(
      "smtpd_sasl_auth_enable = yes\nbroken_sasl_auth_clients = yes\nsmtpd_tls_auth_only = yes\n"
      "smtpd_discard_ehlo_keywords = silent-discard, chunking\nsmtpd_noop_commands = xtalk\n"
      "smtpd_forbidden_commands = get post\nsmtpd_forbid_bare_newline = reject\nsmtpd_helo_required = yes\n"
      "message_size_limit = 0\n");
  EXPECT_TRUE(settings.auth_enabled && settings.auth_broken_clients && settings.auth_needs_tls);
  EXPECT_TRUE(settings.discards("CHUNKING") && !settings.discards("DSN"));
  EXPECT_EQ(settings.noop_commands, std::vector<std::string>{"XTALK"});
  ASSERT_EQ(settings.forbidden_commands.size(), 2U);
  EXPECT_EQ(settings.forbidden_commands[1].word, "POST");
  EXPECT_EQ(settings.newline, bare_newline::reject);
  EXPECT_TRUE(settings.helo_required);
  EXPECT_EQ(settings.message_size_limit, 0U);
}

TEST(server_settings, knows_every_spelling_of_the_tls_level) {
  struct {
    std::string_view main_cf;
    tls_level want;
  } const cases[] = {
      {"smtpd_tls_security_level = may\n", tls_level::may},
      {"smtpd_tls_security_level = encrypt\n", tls_level::encrypt},
      {"smtpd_tls_security_level = none\n", tls_level::none},
      {"smtpd_tls_security_level = none\nsmtpd_use_tls = yes\n", tls_level::none},
      {"smtpd_use_tls = yes\n", tls_level::may},
      {"smtpd_enforce_tls = yes\n", tls_level::encrypt},
      {"smtpd_tls_wrappermode = yes\n", tls_level::encrypt},
  };
  for (auto const& test : cases) EXPECT_EQ(load(test.main_cf).tls, test.want) << test.main_cf;
}

}  // namespace
}  // namespace postern::smtp
