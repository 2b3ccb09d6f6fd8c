#include "os/listening_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "os/signal_fd.hpp"

namespace postern::os {
namespace {

TEST(listening_socket, listens_exactly_where_it_is_told) {
  auto loopback = ip_address::parse("127.0.0.1").value();
  auto first = listen_tcp(loopback, 0);
  ASSERT_TRUE(first) << first.error().text;
  auto port = local_port(first->get());
  ASSERT_NE(0, port);
  auto second = listen_tcp(loopback, port);
  ASSERT_FALSE(second);
  EXPECT_EQ(EADDRINUSE, second.error().system_error);
  EXPECT_NE(std::string::npos, second.error().text.find("127.0.0.1:" + std::to_string(port)));
  EXPECT_TRUE(listen_tcp(ip_address::parse("127.0.0.2").value(), port)) << "another address is not taken";
}

TEST(listening_socket, knows_a_socket_of_another_program) {
  std::string place = "/tmp/postern-listen-XXXXXX";
  ASSERT_NE(nullptr, ::mkdtemp(place.data()));
  auto path = place + "/auth";
  EXPECT_FALSE(is_anothers_socket(path, 0666, "masterd")) << "there is none";
  auto name =
      std::string(std::filesystem::path(std::filesystem::read_symlink("/proc/self/exe")).filename()).substr(0, 15);
  {
    auto socket = listen_unix(path, 0666);
    ASSERT_TRUE(socket) << socket.error().text;
    EXPECT_TRUE(is_anothers_socket(path, 0666, "masterd")) << "this test listens";
    EXPECT_FALSE(is_anothers_socket(path, 0666, name));
  }
  EXPECT_FALSE(is_anothers_socket(path, 0666, "masterd")) << "nobody listens, and it is like ours";
  EXPECT_TRUE(is_anothers_socket(path, 0660, "masterd"));
  std::filesystem::remove_all(place);
}

TEST(listening_socket, takes_the_place_of_a_stale_socket_and_of_nothing_else) {
  std::string place = "/tmp/postern-listen-XXXXXX";
  ASSERT_NE(nullptr, ::mkdtemp(place.data()));
  auto path = place + "/auth";
  {
    ASSERT_TRUE(listen_unix(path, 0666));
  }
  auto again = listen_unix(path, 0660);
  ASSERT_TRUE(again) << again.error().text;
  struct stat about{};
  ::stat(path.c_str(), &about);
  EXPECT_EQ(0660U, about.st_mode & 0777);
  std::ofstream(place + "/file") << "kept";
  EXPECT_FALSE(listen_unix(place + "/file", 0666));
  EXPECT_TRUE(std::filesystem::exists(place + "/file"));
  EXPECT_FALSE(listen_unix(place + "/" + std::string(200, 'x'), 0666));
  std::filesystem::remove_all(place);
}

TEST(listening_socket, resolves_localhost) {
  auto addresses = resolve_host("localhost");
  ASSERT_TRUE(addresses) << addresses.error().text;
  EXPECT_TRUE(std::ranges::any_of(*addresses, [](auto const& address) { return address.is_loopback(); }));
  EXPECT_FALSE(resolve_host("no-such-host.invalid"));
}

TEST(signal_fd, turns_signals_into_something_to_read) {
  auto descriptor = open_signal_fd({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(descriptor);
  EXPECT_FALSE(read_signal(*descriptor));
  ::raise(SIGUSR2);
  EXPECT_EQ(SIGUSR2, read_signal(*descriptor));
  EXPECT_FALSE(read_signal(*descriptor));
}

}  // namespace
}  // namespace postern::os
