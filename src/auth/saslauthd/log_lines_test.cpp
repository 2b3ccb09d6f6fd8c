#include "auth/saslauthd/log_lines.hpp"

#include <gtest/gtest.h>

namespace postern::auth::saslauthd {
namespace {

using code = password_answer::code;

TEST(saslauthd_log_lines, look_as_fail2ban_knows_them) {
  password_question question{"joe", secret("s3cret"), "smtp", "", ""};
  EXPECT_EQ(format_failure_line(question, "pam", {.outcome = code::no, .reply = "PAM auth error"}),
            "auth failure: [user=joe] [service=smtp] [realm=] [mech=pam] [reason=PAM auth error]");
  EXPECT_EQ(format_failure_line(question, "sasldb", {.outcome = code::no}),
            "auth failure: [user=joe] [service=smtp] [realm=] [mech=sasldb] [reason=Unknown]");
  EXPECT_EQ(format_success_line(question, "pam"), "auth success: [user=joe] [service=smtp] [realm=] [mech=pam]");
  EXPECT_EQ(format_cached_line(question), "auth success (cached): [user=joe] [service=smtp] [realm=]");
  EXPECT_EQ(format_lookup_line(question, "found with valid passwd"),
            "[login=joe] [service=smtp] [realm=]: found with valid passwd");
  question.client_address = "192.0.2.7;25";
  EXPECT_EQ(format_success_line(question, "pam"),
            "auth success: [user=joe] [service=smtp] [realm=] [remote=192.0.2.7;25] [mech=pam]");
}

TEST(saslauthd_log_lines, cannot_be_forged) {
  password_question const question{"joe] [reason=x]\nfake", secret("s3cret"), "smtp", "", ""};
  auto const line = format_success_line(question, "pam");
  EXPECT_EQ(line, "auth success: [user=joe? [reason=x??fake] [service=smtp] [realm=] [mech=pam]");
}

}  // namespace
}  // namespace postern::auth::saslauthd
