#include "auth/success_cache.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

success_cache::time_point const start{1000s};

TEST(success_cache, remembers_the_pair_and_nothing_like_it) {
  success_cache cache({.time_to_live = 10s, .entries_max = 10});
  cache.insert("joe", secret("secret"), {"joe", "accounts", ""}, start);
  EXPECT_NE(cache.find("joe", secret("secret"), start), nullptr);
  EXPECT_EQ(cache.find("joe", secret("secret"), start)->account, "joe");
  EXPECT_EQ(cache.find("joe", secret("Secret"), start), nullptr);
  EXPECT_EQ(cache.find("joes", secret("ecret"), start), nullptr);
  EXPECT_EQ(cache.find("jo", secret("esecret"), start), nullptr);
  EXPECT_EQ(cache.find("", secret("joesecret"), start), nullptr);
}

TEST(success_cache, forgets_after_its_time_and_is_not_prolonged) {
  success_cache cache({.time_to_live = 10s, .entries_max = 10});
  cache.insert("joe", secret("secret"), {"joe", "accounts", ""}, start);
  cache.insert("joe", secret("secret"), {"joe", "accounts", ""}, start + 9s);
  EXPECT_NE(cache.find("joe", secret("secret"), start + 9s), nullptr);
  EXPECT_EQ(cache.find("joe", secret("secret"), start + 10s), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(success_cache, keeps_its_limit_and_drops_the_oldest) {
  success_cache cache({.time_to_live = 10s, .entries_max = 2});
  cache.insert("a", secret("x"), {"a", "accounts", ""}, start);
  cache.insert("b", secret("x"), {"b", "accounts", ""}, start + 1s);
  cache.insert("c", secret("x"), {"c", "accounts", ""}, start + 2s);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find("a", secret("x"), start + 2s), nullptr);
  EXPECT_NE(cache.find("b", secret("x"), start + 2s), nullptr);
  EXPECT_NE(cache.find("c", secret("x"), start + 2s), nullptr);
}

TEST(success_cache, no_time_to_live_is_no_cache) {
  success_cache cache({.time_to_live = 0s, .entries_max = 10});
  cache.insert("joe", secret("secret"), {"joe", "accounts", ""}, start);
  EXPECT_EQ(cache.find("joe", secret("secret"), start), nullptr);
}

TEST(success_cache, clear_forgets_all) {
  success_cache cache({.time_to_live = 10s, .entries_max = 10});
  cache.insert("joe", secret("secret"), {"joe", "accounts", ""}, start);
  cache.clear();
  EXPECT_EQ(cache.find("joe", secret("secret"), start), nullptr);
  cache.insert("joe", secret("secret"), {"joe", "accounts", ""}, start + 1s);
  EXPECT_NE(cache.find("joe", secret("secret"), start + 1s), nullptr);
}

}  // namespace
}  // namespace postern::auth
