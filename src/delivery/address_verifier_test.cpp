#include "delivery/address_verifier.hpp"

#include <gtest/gtest.h>

#include "delivery/testing/fake_smtp_server.hpp"
#include "maps/test_keeper.hpp"

namespace postern::delivery {
namespace {

using ipc::verify_status;
using namespace testing;

constexpr auto long_enough = std::chrono::milliseconds(60'000);
constexpr auto at_once = std::chrono::milliseconds(0);

class address_verifier_test : public ::testing::Test {
 protected:
  ~address_verifier_test() override {
    released = true;
    run_on(loop, verifier().stop(long_enough));
  }

  address_verifier& verifier() {
    if (!verifier_) {
      verifier_.emplace(loop, memory, settings, [this](std::string address) { return probe(std::move(address)); });
    }
    return *verifier_;
  }
  net::task<address_verifier::finding> probe(std::string address) {
    probed.push_back(std::move(address));
    while (slow && !released) co_await loop.sleep(std::chrono::milliseconds(1));
    co_return finding;
  }
  ipc::verify_answer ask(std::string address, std::chrono::milliseconds patience = long_enough) {
    return run_on(loop, verifier().ask({1, std::move(address), patience}));
  }
  void remember(std::string const& address, verify_status status, std::chrono::seconds ago) {
    auto const when = std::chrono::system_clock::now() - ago;
    memory.put(address, format_probe_record({status, when, when, "remembered"}));
  }

  net::event_loop loop;
  maps::test_keeper memory;
  verifier_settings settings;
  address_verifier::finding finding{verify_status::deliverable, "250 Ok"};
  bool slow = false;
  bool released = false;
  std::vector<std::string> probed;

 private:
  std::optional<address_verifier> verifier_;
};

TEST_F(address_verifier_test, probes_once_and_remembers) {
  for (int i = 0; i < 2; ++i) {
    auto const said = ask("joe@example.com");
    EXPECT_EQ(said.status, verify_status::deliverable);
    EXPECT_EQ(said.text, "250 Ok");
  }
  EXPECT_EQ(ask("joe@EXAMPLE.com").status, verify_status::deliverable);
  EXPECT_EQ(probed, std::vector<std::string>{"joe@example.com"});
  ask("JOE@example.com");
  EXPECT_EQ(probed.size(), 2U) << "case counts in a local-part";
}

TEST_F(address_verifier_test, says_what_is_known_while_a_probe_is_under_way) {
  slow = true;
  for (int i = 0; i < 3; ++i) {
    auto const said = ask("joe@example.com", at_once);
    EXPECT_EQ(said.status, verify_status::in_progress);
    EXPECT_EQ(said.text, "Address verification in progress");
  }
  EXPECT_TRUE(run_until(loop, [this] { return probed.size() == 1; }));
  EXPECT_EQ(ask("joe@example.com", std::chrono::milliseconds(1)).status, verify_status::in_progress);
  released = true;
  EXPECT_TRUE(run_until(loop, [this] { return verifier().probes() == 0; }));
  EXPECT_EQ(ask("joe@example.com", at_once).status, verify_status::deliverable);
  EXPECT_EQ(probed.size(), 1U);
}

TEST_F(address_verifier_test, answers_from_memory_and_probes_anew_behind_it) {
  finding = {verify_status::undeliverable, "550 gone"};
  remember("fresh@example.com", verify_status::deliverable, std::chrono::hours(1));
  remember("stale@example.com", verify_status::deliverable, std::chrono::days(8));
  remember("failed@example.com", verify_status::deferred, std::chrono::hours(4));
  remember("expired@example.com", verify_status::deliverable, std::chrono::days(32));
  EXPECT_EQ(ask("fresh@example.com").text, "remembered");
  EXPECT_TRUE(probed.empty());
  EXPECT_EQ(ask("stale@example.com").text, "remembered");
  EXPECT_EQ(ask("failed@example.com").text, "remembered");
  EXPECT_TRUE(run_until(loop, [this] { return probed.size() == 2 && verifier().probes() == 0; }));
  EXPECT_EQ(ask("failed@example.com").text, "550 gone");
  EXPECT_EQ(ask("stale@example.com").text, "remembered") << "a failure overruled a success that counts";
  EXPECT_EQ(ask("expired@example.com").text, "550 gone");
}

TEST_F(address_verifier_test, failures_need_not_be_remembered) {
  settings.ages.keeps_failures = false;
  finding = {verify_status::undeliverable, "550 gone"};
  for (std::size_t i = 1; i <= 2; ++i) {
    EXPECT_EQ(ask("joe@example.com").text, "550 gone");
    EXPECT_EQ(probed.size(), i);
  }
  EXPECT_TRUE(memory.kept.empty());
}

TEST_F(address_verifier_test, probes_no_more_than_its_limit_at_once) {
  settings.probes_max = 2;
  slow = true;
  for (auto const* address : {"a@example.com", "b@example.com", "c@example.com"}) ask(address, at_once);
  EXPECT_TRUE(run_until(loop, [this] { return probed.size() == 2; }));
  EXPECT_EQ(ask("c@example.com").status, verify_status::in_progress) << "it waits for a probe that nobody makes";
  EXPECT_EQ(verifier().probes(), 2U);
}

TEST_F(address_verifier_test, a_long_address_is_probed_and_not_remembered) {
  auto const address = std::string(address_verifier::address_octets_max, 'x') + "@example.com";
  for (std::size_t i = 1; i <= 2; ++i) {
    EXPECT_EQ(ask(address).status, verify_status::deliverable);
    EXPECT_EQ(probed.size(), i);
  }
  EXPECT_TRUE(memory.kept.empty());
}

TEST_F(address_verifier_test, forgets_what_has_expired) {
  remember("yes@example.com", verify_status::deliverable, std::chrono::days(30));
  remember("no@example.com", verify_status::undeliverable, std::chrono::days(4));
  memory.put("odd@example.com", "what is this");
  auto const now = std::chrono::system_clock::now();
  EXPECT_EQ(address_verifier::forget_expired(memory, settings.ages, now), 2U);
  EXPECT_EQ(memory.kept.size(), 1U);
  EXPECT_TRUE(memory.kept.contains("yes@example.com"));
}

}  // namespace
}  // namespace postern::delivery
