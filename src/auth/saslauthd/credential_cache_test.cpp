#include "auth/saslauthd/credential_cache.hpp"

#include <gtest/gtest.h>

namespace postern::auth::saslauthd {
namespace {

using finding = credential_cache::finding;
using std::chrono::seconds;

auto const start = credential_cache::time_point(seconds(1000));

TEST(credential_cache, knows_one_password_a_login_until_its_time) {
  credential_cache cache({.time_to_live = seconds(10)});
  auto const joe = credential_cache::format_name("joe", "example.org", "smtp");
  EXPECT_EQ(cache.find(joe, secret("right"), start), finding::miss);
  cache.insert(joe, secret("right"), start);
  EXPECT_EQ(cache.find(joe, secret("right"), start + seconds(9)), finding::hit);
  EXPECT_EQ(cache.find(joe, secret("wrong"), start), finding::mismatch);
  EXPECT_EQ(cache.find(joe, secret("right"), start + seconds(10)), finding::mismatch);
  EXPECT_EQ(cache.find(credential_cache::format_name("joe", "example.org", "imap"), secret("right"), start),
            finding::miss);
}

TEST(credential_cache, a_new_password_ends_the_old_one) {
  credential_cache cache({});
  cache.insert("joe", secret("old"), start);
  cache.insert("joe", secret("new"), start);
  EXPECT_EQ(cache.find("joe", secret("old"), start), finding::mismatch);
  EXPECT_EQ(cache.find("joe", secret("new"), start), finding::hit);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(credential_cache, forgets) {
  credential_cache cache({});
  cache.insert("joe", secret("right"), start);
  cache.insert("ann", secret("right"), start);
  cache.forget("joe");
  EXPECT_EQ(cache.find("joe", secret("right"), start), finding::miss);
  EXPECT_EQ(cache.find("ann", secret("right"), start), finding::hit);
  cache.clear();
  EXPECT_EQ(cache.size(), 0U);
}

TEST(credential_cache, holds_no_more_than_it_may_and_drops_the_oldest) {
  credential_cache cache({.octets_max = 10 * (credential_cache::entry_octets + 1)});
  for (char name = 'a'; name <= 'z'; ++name) cache.insert(std::string(1, name), secret("x"), start);
  EXPECT_EQ(cache.size(), 10U);
  EXPECT_EQ(cache.find("a", secret("x"), start), finding::miss);
  EXPECT_EQ(cache.find("z", secret("x"), start), finding::hit);
  cache.insert(std::string(credential_cache::name_octets_max + 1, 'n'), secret("x"), start);
  EXPECT_EQ(cache.size(), 10U);
}

TEST(credential_cache, names_that_look_alike_stay_apart) {
  EXPECT_NE(credential_cache::format_name("a", "b", ""), credential_cache::format_name("a", "", "b"));
  credential_cache cache({});
  cache.insert("joe", secret("xy"), start);
  EXPECT_EQ(cache.find("joex", secret("y"), start), finding::miss);
}

}  // namespace
}  // namespace postern::auth::saslauthd
