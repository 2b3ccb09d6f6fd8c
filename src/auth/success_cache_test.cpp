#include "auth/success_cache.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

success_cache::time_point const start{1000s};

TEST(success_cache, remembers_the_pair_and_nothing_like_it) {
  success_cache cache({.time_to_live = 10s, .entries_max = 10});
  cache.insert("joe", secret("secret"), start);
  EXPECT_TRUE(cache.contains("joe", secret("secret"), start));
  EXPECT_FALSE(cache.contains("joe", secret("Secret"), start));
  EXPECT_FALSE(cache.contains("joes", secret("ecret"), start));
  EXPECT_FALSE(cache.contains("jo", secret("esecret"), start));
  EXPECT_FALSE(cache.contains("", secret("joesecret"), start));
}

TEST(success_cache, forgets_after_its_time_and_is_not_prolonged) {
  success_cache cache({.time_to_live = 10s, .entries_max = 10});
  cache.insert("joe", secret("secret"), start);
  cache.insert("joe", secret("secret"), start + 9s);
  EXPECT_TRUE(cache.contains("joe", secret("secret"), start + 9s));
  EXPECT_FALSE(cache.contains("joe", secret("secret"), start + 10s));
  EXPECT_EQ(cache.size(), 0U);
}

TEST(success_cache, keeps_its_limit_and_drops_the_oldest) {
  success_cache cache({.time_to_live = 10s, .entries_max = 2});
  cache.insert("a", secret("x"), start);
  cache.insert("b", secret("x"), start + 1s);
  cache.insert("c", secret("x"), start + 2s);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_FALSE(cache.contains("a", secret("x"), start + 2s));
  EXPECT_TRUE(cache.contains("b", secret("x"), start + 2s));
  EXPECT_TRUE(cache.contains("c", secret("x"), start + 2s));
}

TEST(success_cache, no_time_to_live_is_no_cache) {
  success_cache cache({.time_to_live = 0s, .entries_max = 10});
  cache.insert("joe", secret("secret"), start);
  EXPECT_FALSE(cache.contains("joe", secret("secret"), start));
}

TEST(success_cache, clear_forgets_all) {
  success_cache cache({.time_to_live = 10s, .entries_max = 10});
  cache.insert("joe", secret("secret"), start);
  cache.clear();
  EXPECT_FALSE(cache.contains("joe", secret("secret"), start));
  cache.insert("joe", secret("secret"), start + 1s);
  EXPECT_TRUE(cache.contains("joe", secret("secret"), start + 1s));
}

}  // namespace
}  // namespace postern::auth
