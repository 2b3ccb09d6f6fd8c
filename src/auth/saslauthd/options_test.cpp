#include "auth/saslauthd/options.hpp"

#include <gtest/gtest.h>

namespace postern::auth::saslauthd {
namespace {

std::expected<daemon_options, early_exit> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "saslauthd");
  testing::internal::CaptureStderr();
  auto out = parse_options(std::move(words));
  testing::internal::GetCapturedStderr();
  return out;
}

TEST(saslauthd_options, takes_the_originals_flags) {
  auto const got = parse({"-a", "PAM", "-c", "-d", "-l", "-m", "/run/x", "-n", "7", "-O", "opt", "-r", "-s", "128",
                          "-t", "60", "-T", "-V"});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->server.row, find_password_backend("pam"));
  EXPECT_EQ(got->server.mechanism, "pam");
  EXPECT_EQ(got->server.workers, 7U);
  EXPECT_TRUE(got->server.append_realm);
  ASSERT_TRUE(got->server.cache);
  EXPECT_EQ(got->server.cache->octets_max, 128U * 1024);
  EXPECT_EQ(got->server.cache->time_to_live, std::chrono::seconds(60));
  EXPECT_EQ(got->server.backend.argument, "opt");
  EXPECT_EQ(got->directory, "/run/x");
  EXPECT_TRUE(got->foreground && got->verbose && !got->accept_lock_file);
}

TEST(saslauthd_options, has_the_originals_defaults) {
  auto const got = parse({"-a", "shadow"});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->server.workers, 5U);
  EXPECT_EQ(got->directory, "/var/run/saslauthd");
  EXPECT_EQ(got->socket_mode, 0777U);
  EXPECT_FALSE(got->server.cache || got->foreground || got->verbose);
  EXPECT_FALSE(parse({"-a", "shadow", "-s", "10"})->server.cache) << "only -c makes a cache";
  EXPECT_GT(parse({"-a", "shadow", "-n", "0"})->server.workers, 100U);
  EXPECT_EQ(parse({"-a", "pam", "-H", "host"})->server.backend.argument, "host");
}

TEST(saslauthd_options, takes_ours) {
  auto const got = parse({"-a", "pam", "--socket-group", "sasl", "--socket-mode=0660", "--timeout", "5",
                          "--check-timeout", "7", "--connections-max", "10", "--string-max", "256"});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->socket_group, "sasl");
  EXPECT_EQ(got->socket_mode, 0660U);
  EXPECT_EQ(got->server.timeout, std::chrono::seconds(5));
  EXPECT_EQ(got->server.backend.time_limit, std::chrono::seconds(7));
  EXPECT_EQ(got->server.connections_max, 10U);
  EXPECT_EQ(got->server.string_max, 256U);
}

TEST(saslauthd_options, ends_as_the_original_ends) {
  struct row {
    std::vector<std::string> words;
    int status;
    std::string message;
    bool usage;
    bool version;
  };
  for (auto const& [words, status, message, usage, version] : std::vector<row>{
           {{}, 0, "no authentication mechanism specified", true, false},
           {{"-v"}, 0, "", false, true},
           {{"-h"}, 0, "", true, false},
           {{"-x"}, 0, "", true, false},
           {{"-a"}, 0, "", true, false},
           {{"-a", "pam", "-a", "pam"}, 0, "", true, false},
           {{"-a", "nope"}, 1, "unknown authentication mechanism: nope", false, false},
           {{"-a", "pam", "-m", "relative"}, 1, "-m requires an absolute pathname", false, false},
           {{"-a", "pam", "-n", "-3"}, 1, "invalid number of worker processes defined", false, false},
       }) {
    auto const got = parse(words);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().status, status);
    EXPECT_EQ(got.error().message, message);
    EXPECT_EQ(got.error().usage, usage) << message;
    EXPECT_EQ(got.error().version, version) << message;
  }
}

}  // namespace
}  // namespace postern::auth::saslauthd
