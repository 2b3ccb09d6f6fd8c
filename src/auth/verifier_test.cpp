#include "auth/verifier.hpp"

#include <condition_variable>

#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

/// The owner's thread: runs what the pool posts while somebody waits for an answer.
class mailbox {
 public:
  verifier::poster poster() {
    return [this](std::function<void()> work) {
      std::scoped_lock const lock(mutex_);
      waiting_.push_back(std::move(work));
      wake_.notify_one();
    };
  }
  void run_one() {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      ASSERT_TRUE(wake_.wait_for(lock, 20s, [this] { return !waiting_.empty(); }));
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
};

class verifier_test : public testing::Test {
 protected:
  verifier_test() {
    accounts_.add("joe", "secret");
    accounts_.add("lou", "secret");
    EXPECT_TRUE(accounts_.open().set_locked("lou", true, wall_time::clock::now()).value());
  }
  verifier::options options() const {
    return {.database_path = accounts_.path(),
            .local_domains = {"example.org"},
            .hash_workers = 2,
            .hash_queue_max = 8,
            .cache = {.time_to_live = 60s, .entries_max = 100},
            .costs = cheap_costs};
  }
  verdict ask(verifier& whom, std::string_view user, std::string_view password) {
    std::optional<verdict> answer;
    whom.verify(std::string(user), secret(password), [&](verdict outcome) { answer = std::move(outcome); });
    while (!answer && !HasFatalFailure()) mailbox_.run_one();
    return *answer;
  }

  test_accounts accounts_;
  mailbox mailbox_;
};

struct row {
  std::string_view user;
  std::string_view password;
  verdict_code want;
};
constexpr row rows[] = {{"joe", "secret", verdict_code::accepted},
                        {"JOE@Example.org", "secret", verdict_code::accepted},
                        {"joe", "Secret", verdict_code::wrong_password},
                        {"joe", "", verdict_code::wrong_password},
                        {"joe@other.example", "secret", verdict_code::unknown_user},
                        {"nobody", "secret", verdict_code::unknown_user},
                        {"no/body", "secret", verdict_code::unknown_user},
                        {"lou", "secret", verdict_code::locked},
                        {"lou", "wrong", verdict_code::locked}};

TEST_F(verifier_test, says_what_is_wrong_and_hashes_once_for_every_answer) {
  for (auto const& [user, password, want] : rows) {
    verifier fresh(options(), mailbox_.poster());
    auto const outcome = ask(fresh, user, password);
    EXPECT_EQ(outcome.code, want) << user << " " << password << " " << outcome.detail;
    EXPECT_FALSE(outcome.cached);
    EXPECT_EQ(outcome.detail.empty(), want == verdict_code::accepted);
    EXPECT_EQ(fresh.hashes_computed(), 1U) << user;
  }
}

TEST_F(verifier_test, caches_success_and_never_failure) {
  verifier asked(options(), mailbox_.poster());
  EXPECT_FALSE(ask(asked, "joe", "secret").cached);
  auto const again = ask(asked, "joe@example.org", "secret");
  EXPECT_EQ(again.code, verdict_code::accepted);
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.account, "joe");
  EXPECT_EQ(asked.hashes_computed(), 1U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(asked, "joe", "wrong").code, verdict_code::wrong_password);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(asked, "lou", "secret").code, verdict_code::locked);
  EXPECT_EQ(asked.hashes_computed(), 7U);
}

TEST_F(verifier_test, a_changed_password_works_at_once_and_the_old_one_no_more) {
  verifier asked(options(), mailbox_.poster());
  ASSERT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  ASSERT_TRUE(ask(asked, "joe", "secret").cached);
  auto admin = accounts_.open();
  ASSERT_TRUE(admin.set_verifiers("joe", make_verifiers(secret("new"), cheap_costs).value(), wall_time::clock::now()));
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::wrong_password);
  EXPECT_EQ(ask(asked, "joe", "new").code, verdict_code::accepted);
  EXPECT_TRUE(ask(asked, "joe", "new").cached);
}

TEST_F(verifier_test, a_locked_or_deleted_account_is_out_at_once) {
  verifier asked(options(), mailbox_.poster());
  auto admin = accounts_.open();
  ASSERT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  ASSERT_TRUE(admin.set_locked("joe", true, wall_time::clock::now()).value());
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::locked);
  ASSERT_TRUE(admin.set_locked("joe", false, wall_time::clock::now()).value());
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  ASSERT_TRUE(admin.remove("joe").value());
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::unknown_user);
}

TEST_F(verifier_test, a_success_that_a_change_overtook_is_not_kept) {
  verifier asked(options(), mailbox_.poster());
  std::optional<verdict> answer;
  asked.verify("joe", secret("secret"), [&](verdict outcome) { answer = std::move(outcome); });
  while (asked.hashes_computed() == 0) std::this_thread::yield();
  ASSERT_TRUE(accounts_.open().set_locked("joe", true, wall_time::clock::now()).value());
  while (!answer && !HasFatalFailure()) mailbox_.run_one();
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::locked);
}

TEST_F(verifier_test, a_missing_database_is_temporary_and_heals) {
  verifier asked(options(), mailbox_.poster());
  ASSERT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  std::filesystem::rename(accounts_.path(), accounts_.path() + ".away");
  auto const outcome = ask(asked, "joe", "secret");
  EXPECT_EQ(outcome.code, verdict_code::store_unavailable);
  EXPECT_TRUE(is_temporary(outcome.code));
  EXPECT_NE(outcome.detail.find(accounts_.path()), std::string::npos) << outcome.detail;
  EXPECT_FALSE(asked.exists("joe"));
  std::filesystem::rename(accounts_.path() + ".away", accounts_.path());
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
}

TEST_F(verifier_test, a_full_queue_is_a_temporary_failure_at_once) {
  auto how = options();
  how.hash_workers = 0;
  how.hash_queue_max = 1;
  verifier asked(how, mailbox_.poster());
  std::vector<verdict_code> answers;
  auto const note = [&](verdict const& outcome) { answers.push_back(outcome.code); };
  auto const first = asked.verify("joe", secret("secret"), note);
  auto const second = asked.verify("joe", secret("secret"), note);
  EXPECT_TRUE(first.pending());
  EXPECT_FALSE(second.pending());
  EXPECT_EQ(answers, std::vector{verdict_code::overloaded});
}

TEST_F(verifier_test, a_cancelled_question_is_not_answered) {
  verifier asked(options(), mailbox_.poster());
  bool answered = false;
  auto question = asked.verify("joe", secret("secret"), [&](verdict const&) { answered = true; });
  question.cancel();
  EXPECT_EQ(ask(asked, "joe", "wrong").code, verdict_code::wrong_password);
  EXPECT_FALSE(answered);
}

TEST_F(verifier_test, knows_who_exists) {
  verifier asked(options(), mailbox_.poster());
  EXPECT_EQ(asked.exists("Joe@example.org").value(), true);
  EXPECT_EQ(asked.exists("lou").value(), true);
  EXPECT_EQ(asked.exists("nobody").value(), false);
  EXPECT_EQ(asked.exists("no body").value(), false);
}

}  // namespace
}  // namespace postern::auth
