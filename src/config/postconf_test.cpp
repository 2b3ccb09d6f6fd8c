#include "config/postconf.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/test_support.hpp"

namespace postern::config {
namespace {

using args = std::vector<std::string>;

constexpr std::string_view main_text =
    "# first comment\n"
    "a = 1\n"
    "  # in the middle\n"
    "  two\n"
    "# second\n"
    "relayhost = [x]:587,\n"
    "  $a\n"
    "smtpd_helo_required=yes\n"
    "b=  2\n"
    "inet_protocols = ipv4\n"
    "relay_destination_concurrency_limit = 7\n";

constexpr std::string_view master_text =
    "# services\n"
    "smtp      inet  n       -       y       -       -       smtpd\n"
    "submission inet n       -       y       -       -       smtpd\n"
    "  -o syslog_name=postfix/$service_name\n"
    "# inside\n"
    "  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }\n"
    "  -v\n"
    "relay     unix  -       -       y       -       -       smtp\n"
    "maildrop  unix  -       n       n       -       -       pipe\n"
    "  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n";

/// A configuration directory of its own.
class postconf : public ::testing::Test {
 protected:
  postconf() {
    write("main.cf", main_text);
    write("master.cf", master_text);
  }
  void write(std::string const& name, std::string_view text) { std::ofstream(dir_.path() + "/" + name) << text; }
  std::string read(std::string const& name) {
    return read_config_file(dir_.path() + "/" + name).value_or("unreadable");
  }
  postconf_output run(args what) { return run_postconf({std::move(what), "postconf", dir_.path(), {}}); }
  std::string const& dir() const { return dir_.path(); }

 private:
  testing::scratch_dir dir_;
};

// The wanted texts of these tests are what Postfix 3.7.11 printed for the same files.

TEST_F(postconf, shows_what_is_set) {
  EXPECT_EQ(run({"-n"}).out, "a = 1 two\nconfig_directory = " + dir() +
                                 "\ninet_protocols = ipv4\nrelay_destination_concurrency_limit = 7\n"
                                 "relayhost = [x]:587, $a\nsmtpd_helo_required = yes\n");
  EXPECT_EQ(run({"-nx", "relayhost", "smtpd_banner"}).out, "relayhost = [x]:587, 1 two\n");
  EXPECT_EQ(run({"-nh", "relayhost", "a"}).out, "[x]:587, $a\n1 two\n");
  EXPECT_EQ(run({"-nH", "relayhost", "a"}).out, "relayhost\na\n");
  EXPECT_EQ(run({"-n", "-o", "smtpd_banner=q", "smtpd_banner"}).out, "smtpd_banner = q\n");
  EXPECT_EQ(run({"-x", "-osmtpd_banner=$a", "smtpd_banner"}).out, "smtpd_banner = 1 two\n");
}

TEST_F(postconf, shows_defaults) {
  EXPECT_EQ(run({"-d", "smtpd_banner", "relayhost", "a"}).out,
            "smtpd_banner = $myhostname ESMTP $mail_name\nrelayhost =\n");
  EXPECT_EQ(run({"-dx", "smtpd_timeout"}).out, "smtpd_timeout = 300s\n");
  EXPECT_EQ(run({"-d", "relay_destination_concurrency_limit", "maildrop_time_limit", "smtp_time_limit"}).out,
            "relay_destination_concurrency_limit = $default_destination_concurrency_limit\n"
            "maildrop_time_limit = $command_time_limit\n");
  EXPECT_EQ(run({"-x", "luser_relay", "default_rbl_reply"}).out,
            "luser_relay =\ndefault_rbl_reply = $rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using "
            "$rbl_domain${rbl_reason?; $rbl_reason}\n");
}

TEST_F(postconf, warns_with_file_and_line) {
  auto const shown = run({"nosuch", "mail_name"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_EQ(shown.out, "mail_name = Postfix\n");
  EXPECT_NE(shown.err.find("postconf: warning: nosuch: unknown parameter\n"), std::string::npos);
  EXPECT_NE(shown.err.find("postconf: warning: " + dir() + "/main.cf:9: unused parameter b"), std::string::npos);
}

TEST_F(postconf, shows_services) {
  EXPECT_EQ(run({"-M"}).out,
            "smtp       inet  n       -       y       -       -       smtpd\n"
            "submission inet  n       -       y       -       -       smtpd -o syslog_name=postfix/$service_name -o "
            "{smtpd_relay_restrictions=permit_sasl_authenticated, reject} -v\n"
            "relay      unix  -       -       y       -       -       smtp\n"
            "maildrop   unix  -       n       n       -       -       pipe flags=DRXhu user=vmail "
            "argv=/usr/bin/maildrop -d ${recipient}\n");
  EXPECT_EQ(run({"-Mf", "submission", "maildrop/unix"}).out,
            "submission inet  n       -       y       -       -       smtpd\n"
            "    -o syslog_name=postfix/$service_name\n"
            "    -o {smtpd_relay_restrictions=permit_sasl_authenticated, reject}\n"
            "    -v\n"
            "maildrop   unix  -       n       n       -       -       pipe flags=DRXhu\n"
            "    user=vmail argv=/usr/bin/maildrop -d ${recipient}\n");
  auto const partly = run({"-M", "no/such", "smtp/inet"});
  EXPECT_TRUE(partly.out.starts_with("smtp       inet")) << partly.out;
  EXPECT_NE(partly.err.find("postconf: warning: unmatched request: \"no/such\"\n"), std::string::npos);
}

TEST_F(postconf, shows_fields_and_service_parameters) {
  EXPECT_EQ(run({"-F", "*/inet/chroot"}).out, "smtp/inet/chroot = y\nsubmission/inet/chroot = y\n");
  EXPECT_EQ(run({"-FH", "relay"}).out,
            "relay/unix/service\nrelay/unix/type\nrelay/unix/private\nrelay/unix/unprivileged\nrelay/unix/chroot\n"
            "relay/unix/wakeup\nrelay/unix/process_limit\nrelay/unix/command\n");
  EXPECT_EQ(run({"-F", "maildrop/unix/command"}).out,
            "maildrop/unix/command = pipe flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n");
  EXPECT_EQ(run({"-P"}).out,
            "submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated, reject\n"
            "submission/inet/syslog_name = postfix/$service_name\n");
  EXPECT_EQ(run({"-Px", "*/*/syslog_name"}).out, "submission/inet/syslog_name = postfix/submission\n");
}

TEST_F(postconf, refuses_what_makes_no_sense) {
  struct {
    args what;
    std::string_view want;
  } const cases[] = {
      {{"-nd"}, "specify one of -d -n"},
      {{"-MP"}, "specify one of -M -P"},
      {{"-MH"}, "with option -M, do not specify -H"},
      {{"-P", "-#", "a/b/c"}, "with option -P, do not specify -#"},
      {{"-e"}, "-e requires name=value argument"},
      {{"-e", "a b=c"}, "missing '=' after attribute name: \"a b=c\""},
      {{"-e", "a=1\n2"}, "-e, -X, or -# accepts no multi-line input"},
      {{"-X", "a=1"}, "-X and -# take names without values"},
      {{"-F", "smtp/inet/nosuch"}, "invalid service attribute name: \"nosuch\""},
      {{"-M", "-e", "x/inet=x inet n"}, "bad field count: \"x/inet=x inet n\""},
      {{"-z"}, "invalid option -- 'z'; see --help"},
      {{"--nosuch"}, "unknown option --nosuch; see --help"},
      {{"-o"}, "option -o needs a value"},
      {{"--explain", "nosuch"}, "nosuch: unknown parameter"},
  };
  for (auto const& [what, want] : cases) {
    auto const refused = run(what);
    EXPECT_EQ(refused.status, 1) << want;
    EXPECT_TRUE(refused.err.ends_with("postconf: fatal: " + std::string(want) + "\n")) << refused.err;
    EXPECT_EQ(read("main.cf"), main_text);
    EXPECT_EQ(read("master.cf"), master_text);
  }
}

TEST_F(postconf, edits_keep_comments_and_order) {
  EXPECT_EQ(run({"-e", "a = new", "relayhost=", "c=3"}).status, 0);
  EXPECT_EQ(read("main.cf"),
            "# first comment\na = new\n  # in the middle\n# second\nrelayhost = \nsmtpd_helo_required=yes\nb=  2\n"
            "inet_protocols = ipv4\nrelay_destination_concurrency_limit = 7\nc = 3\n");
}

TEST_F(postconf, comments_out) {
  EXPECT_EQ(run({"-#", "a", "smtpd_helo_required", "nosuch"}).status, 0);
  EXPECT_TRUE(read("main.cf").starts_with(
      "# first comment\n#a = 1\n  # in the middle\n#  two\n# second\nrelayhost = [x]:587,\n  $a\n"
      "#smtpd_helo_required=yes\nb=  2\n"));
}

TEST_F(postconf, removes) {
  EXPECT_EQ(run({"-X", "a", "relayhost"}).status, 0);
  EXPECT_TRUE(read("main.cf").starts_with("# first comment\n  # in the middle\n# second\nsmtpd_helo_required=yes\n"));
}

TEST_F(postconf, changes_each_of_several_entries) {
  write("main.cf", "a = 1\nb = 2\na = 3");
  auto const done = run({"a=4"});
  EXPECT_EQ(read("main.cf"), "a = 4\nb = 2\na = 4\n");
  EXPECT_NE(done.err.find("warning: multiple entries for \"a\""), std::string::npos);
}

TEST_F(postconf, edits_services) {
  EXPECT_EQ(run({"-F", "-e", "*/inet/chroot=n"}).status, 0);
  EXPECT_EQ(run({"-P", "-e", "submission/inet/syslog_name=x", "submission/inet/smtpd_sasl_auth_enable=yes"}).status, 0);
  EXPECT_EQ(run({"-P", "-X", "submission/inet/smtpd_relay_restrictions"}).status, 0);
  EXPECT_EQ(run({"-M", "-#", "relay/unix"}).status, 0);
  EXPECT_EQ(run({"-M", "-X", "smtp/inet"}).status, 0);
  EXPECT_EQ(run({"-M", "-e", "new/inet=new inet n - n - - smtpd -o a=b -v"}).status, 0);
  EXPECT_EQ(read("master.cf"),
            "# services\n"
            "# inside\n"
            "submission inet  n       -       n       -       -       smtpd\n"
            "    -o syslog_name=x\n"
            "    -v\n"
            "    -o smtpd_sasl_auth_enable=yes\n"
            "#relay     unix  -       -       y       -       -       smtp\n"
            "maildrop  unix  -       n       n       -       -       pipe\n"
            "  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n"
            "new        inet  n       -       n       -       -       smtpd\n"
            "    -o a=b\n"
            "    -v\n");
}

TEST_F(postconf, an_edit_replaces_the_file_and_keeps_its_mode) {
  auto const path = dir() + "/main.cf";
  struct stat before{};
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  EXPECT_EQ(run({"a=2"}).status, 0);
  struct stat after{};
  ASSERT_EQ(stat(path.c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_mode, after.st_mode);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir()), std::filesystem::directory_iterator()), 2);
}

TEST_F(postconf, an_edit_follows_a_link) {
  auto const path = dir() + "/main.cf";
  std::filesystem::rename(path, dir() + "/real.cf");
  std::filesystem::create_symlink("real.cf", path);
  EXPECT_EQ(run({"a=2"}).status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  EXPECT_TRUE(read("real.cf").find("a = 2\n") != std::string::npos);
}

TEST_F(postconf, explains) {
  EXPECT_EQ(run({"--explain", "smtpd_helo_required"}).out,
            "smtpd_helo_required = yes\n"
            "  from      " +
                dir() +
                "/main.cf:8\n"
                "  default   no\n"
                "  meaning   Demands HELO or EHLO before MAIL\n"
                "  type      yes or no\n"
                "  bounds    yes or no\n"
                "  source    Postfix 3.7\n"
                "  status    implemented\n");
  EXPECT_NE(run({"--explain", "relayhost"}).out.find("  expanded  [x]:587, 1 two\n"), std::string::npos);
  EXPECT_NE(run({"-o", "stress=yes", "--explain", "stress"}).out.find("  from      -o\n"), std::string::npos);
  EXPECT_NE(run({"--explain", "smtpd_use_tls"}).out.find("  obsolete  write smtpd_tls_security_level = may\n"),
            std::string::npos);
  EXPECT_NE(run({"--explain", "tlsmgr_service_name"}).out.find("no work to do here: masterd"), std::string::npos);
  EXPECT_NE(run({"--explain", "b"}).out.find("defined by the user"), std::string::npos);
}

TEST_F(postconf, the_manual_has_every_parameter) {
  auto const manual = run({"--manual"}).out;
  for (auto const& row : all_parameters()) {
    EXPECT_NE(manual.find("\n## " + std::string(row.name) + "\n"), std::string::npos) << row.name;
  }
}

TEST_F(postconf, a_missing_file_is_named) {
  std::filesystem::remove(dir() + "/main.cf");
  EXPECT_EQ(run({"-n"}).err, "postconf: fatal: cannot open " + dir() + "/main.cf: No such file or directory\n");
  EXPECT_EQ(run({"-d", "mail_name"}).out, "mail_name = Postfix\n");
  EXPECT_EQ(run({"a=1"}).status, 1);
}

}  // namespace
}  // namespace postern::config
