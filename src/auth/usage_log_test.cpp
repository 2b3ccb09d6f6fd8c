#include "auth/usage_log.hpp"

#include <gtest/gtest.h>

#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

wall_time const noon{1'700'000'000s};

class usage_log_test : public testing::Test {
 protected:
  usage_log_test() {
    EXPECT_TRUE(store_.add("joe", {"a", "s"}, noon).value());
    id_ = store_.load_account("joe").value()->password_id;
  }
  std::string address() { return store_.load_account("joe").value()->last_used.value_or(credential_usage{}).address; }
  /// Looks until the address is there, for twenty seconds at most.
  bool comes(std::string_view wanted) {
    auto const until = std::chrono::steady_clock::now() + 20s;
    while (address() != wanted && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return address() == wanted;
  }

  test_accounts place_;
  account_store store_ = place_.open();
  std::int64_t id_ = 0;
};

TEST_F(usage_log_test, the_first_use_is_written_soon_and_the_next_ones_wait_their_turn) {
  usage_log log({.database_path = place_.path(), .gather = 1ms, .every = 1h});
  log.note(id_, {noon, "192.0.2.1", "smtp"});
  EXPECT_TRUE(comes("192.0.2.1"));
  log.note(id_, {noon, "192.0.2.2", "smtp"});
  log.note(id_ + 1, {noon, "192.0.2.3", "smtp"});
  EXPECT_EQ(address(), "192.0.2.1");
}

TEST_F(usage_log_test, later_uses_are_written_when_their_turn_comes) {
  usage_log log({.database_path = place_.path(), .gather = 1ms, .every = 20ms});
  for (auto const* const from : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    log.note(id_, {noon, from, "smtp"});
    EXPECT_TRUE(comes(from));
  }
}

TEST_F(usage_log_test, what_waits_is_written_at_the_end) {
  {
    usage_log log({.database_path = place_.path(), .gather = 1h, .every = 1h});
    log.note(id_, {noon, "192.0.2.1", "smtp"});
    log.note(id_, {noon, "192.0.2.2", "smtp"});
  }
  EXPECT_EQ(address(), "192.0.2.2");
}

TEST_F(usage_log_test, a_failed_write_is_tried_again) {
  auto const away = place_.path() + ".away";
  std::filesystem::rename(place_.path(), away);
  usage_log log({.database_path = place_.path(), .gather = 1ms, .every = 5ms});
  log.note(id_, {noon, "192.0.2.1", "smtp"});
  auto const tried = std::chrono::steady_clock::now() + 50ms;
  while (std::chrono::steady_clock::now() < tried) std::this_thread::yield();
  std::filesystem::rename(away, place_.path());
  EXPECT_TRUE(comes("192.0.2.1"));
}

TEST_F(usage_log_test, more_than_the_limit_is_forgotten) {
  {
    usage_log log({.database_path = place_.path(), .gather = 1h, .every = 1h, .waiting_max = 1});
    log.note(id_ + 1, {noon, "192.0.2.9", "smtp"});
    log.note(id_, {noon, "192.0.2.1", "smtp"});
  }
  EXPECT_EQ(address(), "");
}

}  // namespace
}  // namespace postern::auth
