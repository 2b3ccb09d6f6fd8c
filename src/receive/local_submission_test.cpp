#include "receive/local_submission.hpp"

#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "os/passwd_file.hpp"
#include "os/unique_fd.hpp"
#include "receive/service_settings.hpp"

namespace postern::receive {
namespace {

config::settings settings_of(std::string const& main_cf) {
  return *config::settings::load_text(main_cf, {.main_cf_may_be_missing = true});
}

class local_submission : public testing::Test {
 protected:
  local_submission() : passwd_(testing::TempDir() + "postern-passwd-" + std::to_string(::getpid())) {
    std::ofstream(passwd_)
        << "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\nJoe:x:1000:1000:,,,:/:/bin/sh\n"
           "second:x:1000:1000::/:/bin/sh\nbroken\n";
  }
  ~local_submission() override { ::unlink(passwd_.c_str()); }

  std::string passwd_;
};

TEST_F(local_submission, admits_whom_the_list_names) {
  struct row {
    char const* list;
    uid_t user;
    char const* refused;  ///< null: may
  };
  for (auto const& [list, user, refused] : {
           row{"static:anyone", 33, nullptr},
           row{"static:anyone", 4711, nullptr},
           row{"!www-data, static:all", 33, "554 5.7.1 User www-data(33) is not allowed to submit mail\r\n"},
           row{"!www-data, static:all", 1000, nullptr},
           row{"!www-data, static:all", 4711, nullptr},
           row{"joe", 1000, nullptr},
           row{"joe", 0, "554 5.7.1 User root(0) is not allowed to submit mail\r\n"},
           row{"joe", 4711, "554 5.7.1 User unknown(4711) is not allowed to submit mail\r\n"},
           row{"inline:{root=}", 0, nullptr},
           row{"", 0, "554 5.7.1 User root(0) is not allowed to submit mail\r\n"},
       }) {
    auto const local =
        load_local_submission_settings(settings_of("authorized_submit_users = " + std::string(list) + "\n"));
    ASSERT_TRUE(local.has_value()) << list;
    auto const said = refuse_local_user(*local, user, passwd_);
    EXPECT_EQ(said ? smtp::format_reply(*said) : "", refused != nullptr ? refused : "") << list << " " << user;
  }
}

TEST_F(local_submission, refuses_everybody_while_names_cannot_be_read) {
  auto const local = load_local_submission_settings(settings_of("authorized_submit_users = !www-data, static:all\n"));
  ASSERT_TRUE(local.has_value());
  auto const said = refuse_local_user(*local, 1000, "/nonexistent/passwd");
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->code, 421);
}

TEST_F(local_submission, finds_names_of_numbers) {
  EXPECT_EQ(os::find_passwd_file_user(1000, passwd_)->value_or(""), "Joe");
  EXPECT_FALSE(os::find_passwd_file_user(4711, passwd_)->has_value());
  EXPECT_FALSE(os::find_passwd_file_user(0, "/nonexistent/passwd").has_value());
}

TEST(local_peer, is_whom_the_kernel_names) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  os::unique_fd const one(pair[0]);
  os::unique_fd const other(pair[1]);
  EXPECT_EQ(read_peer_user(one.get()).value_or(99), ::getuid());
  os::unique_fd const network(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(read_peer_user(network.get()).has_value()) << "a connection from a network has no user";
}

TEST(local_settings, leave_out_what_is_for_strangers) {
  auto const settings = settings_of(
      "myhostname = mail.example.net\nsmtpd_recipient_limit = 1\nsmtpd_helo_required = yes\nsmtpd_sasl_auth_enable = "
      "yes\n"
      "smtpd_milters = inet:127.0.0.1:1\nnon_smtpd_milters = inet:127.0.0.1:2\nsmtpd_proxy_filter = 127.0.0.1:3\n"
      "smtpd_forbidden_commands = EHLO\nsubmit_recipient_limit = 7\nsmtpd_upstream_proxy_protocol = haproxy\n");
  auto const service = load_service_settings(settings, {}, nullptr, {});
  ASSERT_TRUE(service.has_value()) << service.error().text;
  auto const local = make_local_settings(**service);
  EXPECT_FALSE(local->protocol.auth_enabled);
  EXPECT_FALSE(local->protocol.helo_required);
  EXPECT_EQ(local->protocol.recipient_limit, 7U);
  EXPECT_TRUE(local->protocol.forbidden_commands.empty());
  EXPECT_TRUE(local->proxy.name.empty());
  EXPECT_FALSE(local->balancer.expects_proxy_header);
  ASSERT_EQ(local->milters.services.size(), 1U);
  EXPECT_EQ(local->milters.services[0]->port, 2);
  EXPECT_EQ((*service)->milters.services[0]->port, 1);
}

}  // namespace
}  // namespace postern::receive
