#include "policy/reject_footer.hpp"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

std::string applied(std::string_view main_cf, std::string_view reply, bool wrong = false) {
  auto settings = config::settings::load_text("myhostname = mail.example.net\n" + std::string(main_cf),
                                              {.main_cf_may_be_missing = true});
  auto footer = reject_footer::load(*settings);
  EXPECT_TRUE(footer.has_value());
  std::string trouble;
  auto out = footer->append_to(reply, {"192.0.2.1", "4711", "Jan  4 15:42:00"}, trouble);
  EXPECT_EQ(trouble.empty(), !wrong) << trouble;
  return out;
}

TEST(reject_footer, stands_behind_refusals) {
  constexpr auto plain = "smtpd_reject_footer = call $server_name from $client_address\n";
  EXPECT_EQ(applied(plain, "554 5.7.1 no\r\n"), "554-5.7.1 no\r\n554 5.7.1 call mail.example.net from 192.0.2.1\r\n");
  EXPECT_EQ(applied(plain, "250 2.0.0 yes\r\n"), "250 2.0.0 yes\r\n");
  EXPECT_EQ(applied(plain, "250-a\r\n250 b\r\n421 bye\r\n"),
            "250-a\r\n250 b\r\n421-bye\r\n421 call mail.example.net from 192.0.2.1\r\n");
  EXPECT_EQ(applied(plain, "500-5.5.2 a\r\n500 5.5.2 b\r\n"),
            "500-5.5.2 a\r\n500-5.5.2 b\r\n500 5.5.2 call mail.example.net from 192.0.2.1\r\n");
  EXPECT_EQ(applied("smtpd_reject_footer = \\c: help\\nat $localtime\n", "554 5.7.1 no\r\n"),
            "554-5.7.1 no: help\r\n554 5.7.1 at Jan  4 15:42:00\r\n");
}

TEST(reject_footer, a_table_may_choose_it) {
  constexpr auto table = "smtpd_reject_footer = usual\nsmtpd_reject_footer_maps = inline:{{554 5.7.1 no = special}}\n";
  EXPECT_EQ(applied(table, "554 5.7.1 no\r\n"), "554-5.7.1 no\r\n554 5.7.1 special\r\n");
  EXPECT_EQ(applied(table, "554 5.7.1 yes\r\n"), "554-5.7.1 yes\r\n554 5.7.1 usual\r\n");
}

TEST(reject_footer, what_cannot_be_said_is_not) {
  EXPECT_EQ(applied("smtpd_reject_footer = to $recipient\n", "554 no\r\n", true), "554 no\r\n");
}

}  // namespace
}  // namespace postern::policy
