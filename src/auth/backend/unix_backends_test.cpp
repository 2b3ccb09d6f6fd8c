// getpwent, shadow and pam against files of the test's own.
#include <crypt.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "auth/backend/getpwent.hpp"
#include "auth/backend/key_values.hpp"
#include "auth/backend/pam.hpp"
#include "auth/backend/shadow.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

std::string hash(char const* password, char const* setting) {
  crypt_data area{};
  return ::crypt_r(password, setting, &area);
}

class unix_backends : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = "/tmp/unix-backends-" + std::to_string(::getpid());
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string write(std::string const& name, std::string const& text) {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }
  static password_answer ask(password_backend& backend, std::string login, std::string_view password,
                             std::string service = "smtp") {
    return backend.check({std::move(login), secret(password), std::move(service), "", "192.0.2.7;25"});
  }

  std::filesystem::path directory_;
};

TEST_F(unix_backends, key_values) {
  EXPECT_EQ(parse_key_values("a=1,b=x=y", {"a", "b"})->at("b"), "x=y");
  EXPECT_TRUE(parse_key_values("", {"a"})->empty());
  for (auto const* wrong : {"c=1", "a", "a=1,a=2"}) EXPECT_FALSE(parse_key_values(wrong, {"a", "b"})) << wrong;
}

TEST_F(unix_backends, getpwent_compares_with_the_passwd_file) {
  auto const file =
      write("passwd", "joe:" + hash("secret", "$6$abc$") + ":1000:1000::/:/bin/sh\nold:x:1:1::/:\nnone::2:2::/:\n");
  auto const backend = std::move(*make_getpwent_backend({.argument = "passwd=" + file}));
  EXPECT_EQ(ask(*backend, "joe", "secret").outcome, code::yes);
  struct row {
    std::string login;
    std::string password;
    std::string want;
  };
  for (auto const& [login, password, want] : std::vector<row>{
           {"joe", "wrong", "Incorrect password"},
           {"old", "x", "Incorrect password"},
           {"none", "", "Incorrect password"},
           {"nobody", "x", "Invalid username"},
           {std::string("joe\0", 4), "secret", "Invalid username"},
           {"joe", std::string("secret\0x", 8), "Incorrect password"},
           {"joe", std::string(1000, 'x'), "Incorrect password"},
       }) {
    auto const got = ask(*backend, login, password);
    EXPECT_EQ(got.outcome, code::no) << login;
    EXPECT_EQ(got.reply, want) << login;
  }
  auto const missing = std::move(*make_getpwent_backend({.argument = "passwd=/nonexistent"}));
  EXPECT_EQ(ask(*missing, "joe", "secret").outcome, code::unavailable);
  EXPECT_EQ(ask(*missing, "joe", "secret").reply, "Username lookup failure: No such file or directory");
}

TEST_F(unix_backends, shadow_knows_schemes_and_dates) {
  std::string passwd;
  for (auto const* name : {"sha", "yes", "gone", "stale", "locked", "nis", "unshadowed"}) {
    passwd += std::string(name) + ":x:1000:1000::/:/bin/sh\n";
  }
  auto const sha = hash("secret", "$6$abc$");
  auto const shadow = "sha:" + sha + ":19000:0:99999:7:::\n" +                          //
                      "yes:" + hash("secret", "$y$j9T$abcdefgh$") + ":19000::::::\n" +  //
                      "gone:" + sha + ":19000:0:99999:7::19001:\n" +                    //
                      "stale:" + sha + ":10000:0:90:7:10::\n" +                         //
                      "locked:!" + sha + ":19000:0:99999:7:::\n" +                      //
                      "nis:*NP*:19000:0:99999:7:::\n";
  auto const argument = "passwd=" + write("passwd", passwd) + ",shadow=" + write("shadow", shadow);
  auto const backend = std::move(*make_shadow_backend({.argument = argument}));
  struct row {
    std::string login;
    std::string password;
    code want;
    std::string reply;
  };
  for (auto const& [login, password, want, reply] : std::vector<row>{
           {"sha", "secret", code::yes, ""},
           {"yes", "secret", code::yes, ""},
           {"yes", "Secret", code::no, "Incorrect password"},
           {"gone", "secret", code::no, "Account expired"},
           {"gone", "wrong", code::no, "Incorrect password"},
           {"stale", "secret", code::no, "Password expired"},
           {"locked", "secret", code::no, "Incorrect password"},
           {"nis", "secret", code::unavailable,
            "Insufficient permission to access NIS authentication database (saslauthd)"},
           {"unshadowed", "secret", code::no, "Invalid shadow username"},
           {"nobody", "secret", code::no, "Invalid username"},
       }) {
    auto const got = ask(*backend, login, password);
    EXPECT_EQ(got.outcome, want) << login;
    EXPECT_EQ(got.reply, reply) << login;
  }
}

TEST_F(unix_backends, expiry_counts_days) {
  struct row {
    shadow_entry entry;
    bool want;
  };
  for (auto const& [entry, want] : std::vector<row>{
           {{.last_change = 100, .password_days = 10}, true},
           {{.last_change = 99, .password_days = 10}, false},
           {{.last_change = 99, .password_days = 10, .grace_days = 50}, false},
           {{.last_change = 99, .password_days = -1}, true},
           {{.last_change = -1, .password_days = 10}, true},
           {{.expires = 110}, true},
           {{.expires = 109}, false},
           {{.expires = 0}, false},
           {{}, true},
       }) {
    EXPECT_EQ(decide_expiry(entry, 110).outcome == code::yes, want);
  }
}

class pam_backend_test : public unix_backends {
 protected:
  std::unique_ptr<password_backend> make(std::string const& more = "",
                                         std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    return std::move(*make_pam_backend({.argument = "confdir=" + directory_.string() + more, .time_limit = limit}));
  }
  // pam_exec hands the password to the script's standard input.
  std::string script(std::string const& name, std::string const& text) {
    auto const path = write(name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
};

TEST_F(pam_backend_test, asks_the_stack_of_the_service) {
  auto const check =
      script("check", "read -r p; [ \"$p\" = secret ] && [ \"$PAM_RHOST\" = 192.0.2.7 ] && [ \"$PAM_USER\" = joe ]\n");
  write("smtp", "auth required pam_exec.so expose_authtok quiet " + check + "\naccount required pam_permit.so\n");
  write("shut", "auth required pam_permit.so\naccount required pam_deny.so\n");
  auto const backend = make();
  EXPECT_EQ(ask(*backend, "joe", "secret").outcome, code::yes);
  for (auto const& [login, password, service, want] : std::vector<std::array<std::string, 4>>{
           {"joe", "wrong", "smtp", "PAM auth error"},
           {"ann", "secret", "smtp", "PAM auth error"},
           {"joe", "secret", "shut", "PAM acct error"},
           {"joe", "secret", "../smtp", "PAM start error"},
           {"joe", std::string("secret\0x", 8), "smtp", "PAM auth error"},
       }) {
    auto const got = ask(*backend, login, password, service);
    EXPECT_NE(got.outcome, code::yes) << login << service;
    EXPECT_EQ(got.reply, want) << login << service;
  }
}

TEST_F(pam_backend_test, the_fail_delay_is_told_not_slept) {
  write("smtp", "auth optional pam_faildelay.so delay=60000000\nauth required pam_deny.so\n");
  auto const backend = make();
  auto const got = ask(*backend, "joe", "wrong");
  EXPECT_EQ(got.outcome, code::no) << "slept, it would have been given up after ten seconds";
  // PAM itself makes it up to half longer or shorter.
  EXPECT_GT(got.delay, std::chrono::seconds(20));
  EXPECT_LT(got.delay, std::chrono::seconds(120));
}

TEST_F(pam_backend_test, a_module_that_hangs_is_killed_and_the_next_login_is_served) {
  auto const hang = script("hang", "read -r p; [ \"$p\" = secret ] || sleep 60\n");
  write("smtp", "auth required pam_exec.so expose_authtok quiet " + hang + "\naccount required pam_permit.so\n");
  // Long enough for the shell of the second login on a busy machine.
  auto const backend = make("", std::chrono::seconds(4));
  EXPECT_EQ(ask(*backend, "joe", "hang").outcome, code::unavailable) << "left alone, the script would say yes";
  EXPECT_EQ(ask(*backend, "joe", "secret").outcome, code::yes);
}

TEST_F(pam_backend_test, workers_are_recycled) {
  auto const remember = script("remember", "echo $PPID >> " + (directory_ / "pids").string() + "\n");
  write("smtp", "auth required pam_exec.so quiet " + remember + "\naccount required pam_permit.so\n");
  auto const backend = make(",uses=2");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(*backend, "joe", "x").outcome, code::yes);
  std::ifstream file(directory_ / "pids");
  std::vector<std::string> pids{std::istream_iterator<std::string>(file), {}};
  ASSERT_EQ(pids.size(), 5U);
  EXPECT_EQ(pids[0], pids[1]);
  EXPECT_NE(pids[1], pids[2]);
  EXPECT_NE(pids[3], pids[4]);
}

}  // namespace
}  // namespace postern::auth
