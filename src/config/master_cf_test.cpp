#include "config/master_cf.hpp"

#include <gtest/gtest.h>

#include "config/test_support.hpp"

namespace postern::config {
namespace {

using namespace std::chrono_literals;
using words = std::vector<std::string>;

master_cf parse(std::string_view text) { return parse_master_cf(text, "master.cf", testing::load("")); }

std::string errors_of(master_cf const& file) {
  std::string out;
  for (auto const& problem : file.diagnostics) {
    if (problem.level == severity::error) out += problem.line() + ";";
  }
  return out;
}

TEST(master_cf, columns_and_their_defaults) {
  auto const file = parse(
      "smtp inet n - n - - smtpd -v\n"
      "127.0.0.1:2587 inet n y y 60? 3 smtpd -vv\n"
      "[2001:db8::1]:submissions inet n - - 30 0 smtpd\n"
      "private/x unix - n - - 1 local\n"
      "log unix-dgram n - n - 1 postlogd\n");
  ASSERT_EQ(errors_of(file), "");
  ASSERT_EQ(file.services.size(), 5U);
  auto const& smtp = file.services[0];
  EXPECT_EQ(smtp.port, 25);
  EXPECT_EQ(smtp.host, "");
  EXPECT_FALSE(smtp.is_private);
  EXPECT_TRUE(smtp.unprivileged);
  EXPECT_FALSE(smtp.chroot);
  EXPECT_EQ(smtp.maxproc, 100);
  EXPECT_TRUE(smtp.maxproc_is_default);
  EXPECT_EQ(smtp.verbose, 1);
  EXPECT_EQ(smtp.where.text(), "master.cf:1");
  auto const& submission = file.services[1];
  EXPECT_EQ(submission.host, "127.0.0.1");
  EXPECT_EQ(submission.port, 2587);
  EXPECT_EQ(submission.wakeup, 60s);
  EXPECT_TRUE(submission.wakeup_if_used);
  EXPECT_EQ(submission.maxproc, 3);
  EXPECT_TRUE(submission.chroot);
  EXPECT_EQ(submission.verbose, 2);
  auto const& submissions = file.services[2];
  EXPECT_EQ(submissions.host, "2001:db8::1");
  EXPECT_EQ(submissions.port, 465);
  EXPECT_EQ(submissions.maxproc, 0);
  EXPECT_FALSE(submissions.wakeup_if_used);
  EXPECT_TRUE(file.services[3].is_private);
  EXPECT_FALSE(file.services[3].unprivileged);
  EXPECT_EQ(file.services[4].type, service_type::unix_datagram);
}

TEST(master_cf, arguments) {
  auto const file = parse(
      "submission inet n - n - - smtpd\n"
      "  -o syslog_name=postfix/submission\n"
      "# comment\n"
      "  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }\n"
      "  -v -osmtpd_sasl_auth_enable=yes\n"
      "x unix - n n - - pipe flags=R user=a argv=/bin/x -o $recipient { a b }\n");
  ASSERT_EQ(errors_of(file), "");
  auto const& submission = file.services[0];
  ASSERT_EQ(submission.overrides.size(), 3U);
  EXPECT_EQ(submission.overrides[1].name, "smtpd_relay_restrictions");
  EXPECT_EQ(submission.overrides[1].value, "permit_sasl_authenticated, reject");
  EXPECT_EQ(submission.overrides[2].value, "yes");
  EXPECT_EQ(submission.overrides[0].where.text(), "master.cf:1");
  EXPECT_EQ(submission.verbose, 1);
  EXPECT_EQ(submission.arguments, (words{"-o", "syslog_name=postfix/submission", "-o",
                                         "smtpd_relay_restrictions=permit_sasl_authenticated, reject", "-v", "-o",
                                         "smtpd_sasl_auth_enable=yes"}));
  EXPECT_TRUE(file.services[1].overrides.empty());
  EXPECT_EQ(file.services[1].arguments, (words{"flags=R", "user=a", "argv=/bin/x", "-o", "$recipient", "a b"}));
}

TEST(master_cf, bad_lines_are_named_and_the_others_read) {
  struct {
    std::string_view line;
    std::string_view want;
  } const cases[] = {
      {"smtp inet n - n - -", "the command column is missing"},
      {"smtp", "the type column is missing"},
      {"smtp tcp n - n - - smtpd", "\"tcp\" is no service type"},
      {"smtp inet x - n - - smtpd", "the private column is \"x\", not y, n or -"},
      {"smtp inet y - n - - smtpd", "an inet service cannot be private"},
      {"smtp inet n - n 1m - smtpd", "the wakeup column is neither a number of seconds nor -"},
      {"smtp inet n - n - -1 smtpd", "the process_limit column is neither a number nor -"},
      {"nowhere:nothing inet n - n - - smtpd", "\"nothing\" is no port"},
      {"127.0.0.1:70000 inet n - n - - smtpd", "\"70000\" is no port"},
      {"[::1 inet n - n - - smtpd", "the service must be [address]:port"},
      {"smtp inet n - n - - smtpd -o", "-o without name=value"},
      {"smtp inet n - n - - smtpd -o x", "-o: missing '=' after attribute name: \"x\""},
      {"  smtp inet n - n - - smtpd", "the first entry of the file must not begin with white space"},
  };
  for (auto const& [line, want] : cases) {
    auto const file = parse(std::string(line) + "\nqmgr unix n - n 300 1 qmgr\n");
    EXPECT_EQ(errors_of(file), "master.cf:1: " + std::string(want) + ";") << line;
    EXPECT_EQ(file.services.size(), 1U) << line;
  }
}

TEST(master_cf, the_last_of_two_entries_counts) {
  auto const file = parse("smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\nsmtp inet n - n - 5 smtpd\n");
  ASSERT_EQ(file.services.size(), 2U);
  EXPECT_EQ(file.services[0].maxproc, 5);
  ASSERT_EQ(file.diagnostics.size(), 1U);
  EXPECT_EQ(file.diagnostics[0].line(),
            "master.cf:3: smtp was already declared in line 1; this later entry counts; remove one of them");
}

TEST(master_cf, overrides_are_checked_like_main_cf) {
  auto const file = parse("smtp inet n - n - - smtpd -o smtpd_timeout=x -o nosuch=1\n");
  ASSERT_EQ(file.diagnostics.size(), 2U);
  EXPECT_EQ(file.diagnostics[0].level, severity::error);
  EXPECT_EQ(file.diagnostics[0].name, "smtpd_timeout");
  EXPECT_EQ(file.diagnostics[1].name, "nosuch");
}

TEST(master_cf, configuration_b_loads) {
  auto const file = load_master_cf(testing::data_dir() + "/config-b/master.cf", testing::load(""));
  ASSERT_TRUE(file);
  EXPECT_EQ(errors_of(*file), "");
  ASSERT_EQ(file->services.size(), 2U);
  EXPECT_EQ(file->services[0].verbose, 1);
  EXPECT_EQ(file->services[1].port, 465);
  EXPECT_EQ(file->services[1].overrides.size(), 2U);
  bool noted = false;
  for (auto const& problem : file->diagnostics) {
    noted = noted || problem.line().ends_with("the service name \"smtps\" is obsolete; write submissions");
  }
  EXPECT_TRUE(noted);
}

TEST(master_cf, warns_of_unsupported_services_that_something_names) {
  struct row {
    char const* main;
    char const* more;
    bool warned;
  };
  for (auto const& [main, more, warned] : {
           row{"", "", false},
           row{"content_filter = scan\n", "", false},
           row{"content_filter = scan-it:dummy\n", "", true},
           row{"smtpd_recipient_restrictions = check_policy_service unix:private/scan-it\n", "", true},
           row{"", "25 inet n - n - - smtpd\n  -o content_filter=scan-it\n", true},
       }) {
    auto const file = parse_master_cf(std::string("scan-it unix - n n - - pipe argv=/bin/cat\n") + more, "master.cf",
                                      testing::load(main));
    auto const about = std::ranges::find_if(file.diagnostics, [](auto const& one) {
      return one.text.starts_with("service scan-it (pipe) is not supported");
    });
    ASSERT_NE(about, file.diagnostics.end());
    EXPECT_EQ(about->level, warned ? severity::warning : severity::note) << main << more;
  }
  auto const mailboxes = parse_master_cf("virtual unix - n n - - virtual\n", "master.cf",
                                         testing::load("virtual_mailbox_domains = example.org\n"));
  ASSERT_EQ(mailboxes.diagnostics.size(), 1U);
  EXPECT_EQ(mailboxes.diagnostics.front().level, severity::warning);
}

TEST(master_cf, debians_stock_services_have_a_place) {
  using kind = disposition::kind;
  auto const file = load_master_cf(testing::data_dir() + "/config-stock/master.cf", testing::load(""));
  ASSERT_TRUE(file);
  EXPECT_EQ(errors_of(*file), "");
  EXPECT_EQ(file->services.size(), 31U);
  for (auto const& service : file->services) {
    EXPECT_FALSE(service.who.where.empty()) << service.name;
    bool const piped = service.command == "pipe" || service.command == "virtual";
    EXPECT_EQ(service.who.what == kind::unsupported, piped) << service.name;
  }
  EXPECT_EQ(decide_disposition("smtpd").what, kind::ours);
  EXPECT_EQ(decide_disposition("tlsmgr").what, kind::folded);
  EXPECT_EQ(decide_disposition("nothing").what, kind::unsupported);
}

TEST(master_cf, ports_have_names) {
  auto const base = testing::load("known_tcp_ports = a=b=77, submission=1587\n");
  EXPECT_EQ(find_port("a", base), 77);
  EXPECT_EQ(find_port("b", base), 77);
  EXPECT_EQ(find_port("submission", base), 1587);
  EXPECT_EQ(find_port("smtps", base), 465);
  EXPECT_EQ(find_port("587", base), 587);
  for (std::string_view bad : {"", "0", "65536", "25x", "no-such-service"}) EXPECT_EQ(find_port(bad, base), 0) << bad;
}

TEST(master_cf, cut_anywhere_is_read_without_harm) {
  std::string_view const text = "smtp inet n - n - - smtpd\n  -o { a = b c } -v\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    auto const file = parse(text.substr(0, cut));
    EXPECT_LE(file.services.size(), 1U);
    EXPECT_TRUE(cut == 0 || !file.services.empty() || !errors_of(file).empty());
  }
}

}  // namespace
}  // namespace postern::config
