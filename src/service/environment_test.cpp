#include "service/environment.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

#include "config/test_support.hpp"
#include "service/arguments.hpp"
#include "service/start_message.hpp"

namespace postern::service {
namespace {

os::unique_fd open_null() { return os::unique_fd(::open("/dev/null", O_RDWR | O_CLOEXEC)); }

start_message make_start() {
  start_message message;
  message.listeners.push_back({listening_socket::kind::unix_socket, "private/auth", open_null()});
  message.listeners.push_back({listening_socket::kind::unix_socket, "private/sasl", open_null()});
  return message;
}

class environment_test : public testing::Test {
 protected:
  program_arguments const arguments_{.program = "authd", .service = "authd"};
  environment around_{arguments_, make_start(), {}, config::testing::load("queue_directory = /srv/queue\n")};
};

TEST_F(environment_test, gathers_what_the_configuration_asks_for) {
  around_.ask_for({.syscalls = {os::syscall_set::connect_unix}, .readable = {"/etc/sasldb2"}});
  around_.ask_for({.syscalls = {os::syscall_set::connect_unix, os::syscall_set::connect_inet},
                   .tcp = {.any = false, .connect_ports = {5432}}});
  auto const& asked = around_.close_requests();
  EXPECT_EQ(asked.syscalls, (std::vector{os::syscall_set::connect_unix, os::syscall_set::connect_inet}));
  EXPECT_EQ(asked.readable, std::vector<std::string>{"/etc/sasldb2"});
  EXPECT_TRUE(asked.writable.empty());
  EXPECT_EQ(asked.tcp.connect_ports, std::vector<std::uint16_t>{5432});
  EXPECT_FALSE(asked.tcp.any);
}

TEST_F(environment_test, asks_for_nothing_unless_told_to) {
  auto const& asked = around_.close_requests();
  EXPECT_TRUE(asked.syscalls.empty() && asked.readable.empty() && asked.writable.empty());
  EXPECT_TRUE(asked.tcp.connect_ports.empty() && !asked.tcp.any);
}

TEST_F(environment_test, dies_of_a_request_that_comes_too_late) {
  around_.close_requests();
  EXPECT_DEATH(around_.ask_for({.syscalls = {os::syscall_set::connect_inet}}), "");
}

TEST_F(environment_test, dies_of_a_socket_that_the_program_s_row_does_not_name) {
  EXPECT_DEATH(around_.socket_path("private/qmgr"), "");
}

TEST_F(environment_test, hands_out_each_listener_once) {
  EXPECT_TRUE(around_.take_listener("private/sasl"));
  EXPECT_FALSE(around_.take_listener("private/sasl"));
  auto const rest = around_.take_listeners();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].address, "private/auth");
  EXPECT_TRUE(around_.take_listeners().empty());
}

}  // namespace
}  // namespace postern::service
