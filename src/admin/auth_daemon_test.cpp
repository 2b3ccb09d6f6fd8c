#include "admin/auth_daemon.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "os/listening_socket.hpp"

namespace postern::admin {
namespace {

using namespace std::chrono_literals;

struct socket_path {
  std::string path = "/tmp/postern-auth-" + std::to_string(::getpid());
  ~socket_path() { ::unlink(path.c_str()); }
};

TEST(auth_daemon, that_is_away_is_named) {
  socket_path at;
  auto answer = ask_auth_daemon(at.path);
  EXPECT_TRUE(answer.trouble.contains(at.path)) << answer.trouble;
  EXPECT_TRUE(answer.mechanisms.empty());
}

TEST(auth_daemon, that_is_silent_is_not_waited_for) {
  socket_path at;
  auto listening = os::listen_unix(at.path, 0600);
  ASSERT_TRUE(listening.has_value());
  EXPECT_FALSE(ask_auth_daemon(at.path, 50ms).trouble.empty());
}

TEST(auth_daemon, of_our_own_offers_what_the_settings_say) {
  auto settings = config::settings::load_text("authd_mechanisms = login, plain, nonsense\n", {.tolerate_errors = true});
  ASSERT_TRUE(settings.has_value());
  std::vector<std::string> names;
  for (auto const& one : own_mechanisms(*settings)) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"LOGIN", "PLAIN"}));
}

TEST(auth_daemon, socket_is_found) {
  struct row {
    char const* main_cf;
    char const* path;
    bool own;
  };
  for (auto [main_cf, path, own] :
       {row{"queue_directory = /q\n", "/q/private/sasl", true},
        row{"queue_directory = /q\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n", "/q/private/auth",
            true},
        row{"queue_directory = /q\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/other\n", "/q/private/other",
            false},
        row{"queue_directory = /q\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = /run/auth\n", "/run/auth", false}}) {
    auto settings = config::settings::load_text(main_cf, {.tolerate_errors = true});
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(auth_daemon_path(*settings), path);
    EXPECT_EQ(is_own_auth_daemon(*settings), own) << main_cf;
  }
}

}  // namespace
}  // namespace postern::admin
