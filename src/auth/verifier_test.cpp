#include "auth/verifier.hpp"

#include <condition_variable>

#include "auth/test_accounts.hpp"
#include "auth/test_source.hpp"

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

login smtp(std::string_view user) { return {.user = std::string(user), .service = "smtp"}; }

class verifier_test : public testing::Test {
 protected:
  verifier_test() {
    accounts_.add("joe", "secret");
    accounts_.add("lou", "secret");
    EXPECT_TRUE(accounts_.open().set_locked("lou", true, wall_time::clock::now()).value());
  }
  verifier::options options() const {
    verifier::options how;
    how.sources = accounts_.sources();
    how.server_secret = secret("server secret");
    how.queue_max = 8;
    how.cache = {.time_to_live = 60s, .entries_max = 100};
    return how;
  }
  query_reply ask(verifier& whom, login who, query what) {
    std::optional<query_reply> answer;
    whom.ask(std::move(who), std::move(what), [&](query_reply reply) { answer = std::move(reply); });
    while (!answer && !HasFatalFailure()) mailbox_.run_one();
    return std::move(*answer);
  }
  verdict ask(verifier& whom, std::string_view user, std::string_view password) {
    return std::get<verdict>(ask(whom, smtp(user), password_query{secret(password)}));
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

TEST_F(verifier_test, says_what_is_wrong_and_asks_once_for_every_answer) {
  for (auto const& [user, password, want] : rows) {
    verifier fresh(options(), mailbox_.poster());
    auto const outcome = ask(fresh, user, password);
    EXPECT_EQ(outcome.code, want) << user << " " << password << " " << outcome.detail;
    EXPECT_FALSE(outcome.cached);
    EXPECT_EQ(outcome.detail.empty(), want == verdict_code::accepted);
    EXPECT_EQ(fresh.passwords_checked(), 1U) << user;
  }
}

TEST_F(verifier_test, whoever_waits_for_an_identity_provider_keeps_no_password_waiting) {
  std::mutex silent;
  std::unique_lock provider(silent);
  auto how = options();
  how.workers = 1;
  how.token_workers = 2;
  how.tokens = [&silent]() -> token_judge {
    return [&silent](login const&, secret const&) {
      std::scoped_lock const wait(silent);
      return token_reply{{.code = verdict_code::bad_token}, {}};
    };
  };
  int answered = 0;
  verifier asked(std::move(how), mailbox_.poster());
  for (int i = 0; i < 3; ++i) asked.ask(smtp("joe"), token_query{secret("t")}, [&](auto const&) { ++answered; });
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  EXPECT_EQ(answered, 0);
  provider.unlock();
  while (answered < 3 && !HasFatalFailure()) mailbox_.run_one();
  EXPECT_EQ(answered, 3);
}

TEST_F(verifier_test, caches_success_and_never_failure) {
  verifier asked(options(), mailbox_.poster());
  EXPECT_FALSE(ask(asked, "joe", "secret").cached);
  auto const again = ask(asked, "joe@example.org", "secret");
  EXPECT_EQ(again.code, verdict_code::accepted);
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.account, "joe");
  EXPECT_EQ(asked.passwords_checked(), 1U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(asked, "joe", "wrong").code, verdict_code::wrong_password);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(asked, "lou", "secret").code, verdict_code::locked);
  EXPECT_EQ(asked.passwords_checked(), 7U);
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

TEST_F(verifier_test, a_missing_database_is_temporary_and_heals) {
  verifier asked(options(), mailbox_.poster());
  ASSERT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  std::filesystem::rename(accounts_.path(), accounts_.path() + ".away");
  auto const outcome = ask(asked, "joe", "secret");
  EXPECT_EQ(outcome.code, verdict_code::store_unavailable);
  EXPECT_TRUE(is_temporary(outcome.code));
  EXPECT_NE(outcome.detail.find(accounts_.path()), std::string::npos) << outcome.detail;
  EXPECT_FALSE(asked.find_account("joe"));
  std::filesystem::rename(accounts_.path() + ".away", accounts_.path());
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
}

TEST_F(verifier_test, a_full_queue_is_a_temporary_failure_at_once) {
  auto how = options();
  how.workers = 0;
  how.queue_max = 1;
  verifier asked(how, mailbox_.poster());
  std::vector<verdict_code> answers;
  auto const note = [&](query_reply const& reply) { answers.push_back(std::get<verdict>(reply).code); };
  auto const first = asked.ask(smtp("joe"), password_query{secret("secret")}, note);
  auto const second = asked.ask(smtp("joe"), password_query{secret("secret")}, note);
  EXPECT_TRUE(first.pending());
  EXPECT_FALSE(second.pending());
  EXPECT_EQ(answers, std::vector{verdict_code::overloaded});
}

TEST_F(verifier_test, a_cancelled_question_is_not_answered) {
  verifier asked(options(), mailbox_.poster());
  bool answered = false;
  auto question =
      asked.ask(smtp("joe"), password_query{secret("secret")}, [&](query_reply const&) { answered = true; });
  question.cancel();
  EXPECT_EQ(ask(asked, "joe", "wrong").code, verdict_code::wrong_password);
  EXPECT_FALSE(answered);
}

TEST_F(verifier_test, knows_who_exists) {
  verifier asked(options(), mailbox_.poster());
  EXPECT_EQ(asked.find_account("Joe@example.org").value(), "joe");
  EXPECT_EQ(asked.find_account("lou").value(), "lou");
  EXPECT_EQ(asked.find_account("nobody").value(), std::nullopt);
  EXPECT_EQ(asked.find_account("no body").value(), std::nullopt);
}

// ---- every kind of question, with a source that says what the test wants

class verifier_source_test : public verifier_test {
 protected:
  verifier::options scripted() {
    auto how = options();
    how.sources = [this]() -> result<source_list> {
      source_list list;
      list.push_back(std::make_unique<test_source>(script_));
      return list;
    };
    how.workers = 1;
    return how;
  }
  scram_reply scram(verifier& whom, std::string_view user, crypto::hash_algorithm hash) {
    return std::get<scram_reply>(ask(whom, smtp(user), scram_query{hash}));
  }

  std::shared_ptr<test_source::script> script_ =
      std::make_shared<test_source::script>(test_source::script{.users = {{"joe", {.password = "secret"}}}});
};

TEST_F(verifier_source_test, an_unknown_user_has_keys_of_the_same_shape_and_a_stable_salt) {
  auto how = scripted();
  how.scram_iterations = sasl::scram_iterations_min;
  for (auto const hash :
       {crypto::hash_algorithm::sha1, crypto::hash_algorithm::sha256, crypto::hash_algorithm::sha512}) {
    verifier asked(how, mailbox_.poster());
    auto const known = scram(asked, "joe", hash);
    auto const unknown = scram(asked, "nobody", hash);
    EXPECT_EQ(known.standing.code, verdict_code::accepted);
    EXPECT_EQ(known.standing.source, "test");
    EXPECT_EQ(unknown.standing.code, verdict_code::unknown_user);
    ASSERT_EQ(unknown.held.keys.size(), known.held.keys.size());
    auto const& real = known.held.keys[0];
    auto const& stand_in = unknown.held.keys[0];
    EXPECT_EQ(stand_in.salt.size(), real.salt.size());
    EXPECT_EQ(stand_in.stored_key.size(), real.stored_key.size());
    EXPECT_EQ(stand_in.server_key.size(), real.server_key.size());
    EXPECT_EQ(stand_in.iterations, real.iterations);
    verifier restarted(how, mailbox_.poster());
    EXPECT_EQ(scram(restarted, "NOBODY", hash).held.keys[0].salt, stand_in.salt);
    EXPECT_NE(scram(restarted, "nobody2", hash).held.keys[0].salt, stand_in.salt);
  }
}

TEST_F(verifier_source_test, another_key_makes_other_salts) {
  verifier asked(scripted(), mailbox_.poster());
  auto other = scripted();
  other.server_secret = secret("another");
  verifier elsewhere(other, mailbox_.poster());
  auto const hash = crypto::hash_algorithm::sha256;
  EXPECT_NE(scram(asked, "nobody", hash).held.keys[0].salt, scram(elsewhere, "nobody", hash).held.keys[0].salt);
}

TEST_F(verifier_source_test, trouble_answers_every_kind_of_question_in_its_own_way) {
  script_->broken = true;
  verifier asked(scripted(), mailbox_.poster());
  auto const unavailable = verdict_code::store_unavailable;
  EXPECT_EQ(ask(asked, "joe", "secret").code, unavailable);
  EXPECT_EQ(scram(asked, "joe", crypto::hash_algorithm::sha256).standing.code, unavailable);
  EXPECT_TRUE(scram(asked, "joe", crypto::hash_algorithm::sha256).held.keys.empty());
  auto const stored = std::get<shared_secret_reply>(ask(asked, smtp("joe"), shared_secret_query{"CRAM-MD5"}));
  EXPECT_EQ(stored.standing.code, unavailable);
  auto const token = std::get<token_reply>(ask(asked, smtp("joe"), token_query{secret("t")}));
  EXPECT_EQ(token.standing.code, unavailable);

  auto how = scripted();
  how.sources = []() -> result<source_list> { return fail("no such thing"); };
  verifier without(how, mailbox_.poster());
  EXPECT_EQ(ask(without, "joe", "secret").detail, "no such thing");
  EXPECT_FALSE(without.find_account("joe"));
}

TEST_F(verifier_source_test, a_source_that_cannot_tell_changes_is_not_cached) {
  verifier asked(scripted(), mailbox_.poster());
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(ask(asked, "joe", "secret").cached);
  script_->stamp = 1;
  EXPECT_FALSE(ask(asked, "joe", "secret").cached);
  EXPECT_TRUE(ask(asked, "joe", "secret").cached);
}

TEST_F(verifier_source_test, a_cached_password_is_admitted_anew_each_time) {
  script_->stamp = 1;
  script_->is_quick = true;
  verifier asked(scripted(), mailbox_.poster());
  ASSERT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  script_->users["joe"].standing = verdict_code::expired;
  auto const outcome = ask(asked, "joe", "secret");
  EXPECT_EQ(outcome.code, verdict_code::expired);
  EXPECT_TRUE(outcome.cached);
}

TEST_F(verifier_source_test, a_success_that_a_change_overtook_is_asked_for_again) {
  script_->stamp = 1;
  script_->overtaking = [this] {
    script_->users["joe"].standing = verdict_code::locked;
    script_->stamp = 2;
  };
  verifier asked(scripted(), mailbox_.poster());
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::locked);
  EXPECT_EQ(asked.passwords_checked(), 2U);
  EXPECT_EQ(ask(asked, "joe", "secret").code, verdict_code::locked);
}

TEST_F(verifier_source_test, questions_of_one_turn_are_answered_by_one_look_at_the_sources) {
  script_->stamp = 1;
  verifier asked(scripted(), mailbox_.poster());
  auto const before = asked.changes();
  {
    verifier::turn const together(asked);
    EXPECT_EQ(asked.changes(), before);
    script_->stamp = 2;
    EXPECT_EQ(asked.changes(), before);
  }
  EXPECT_NE(asked.changes(), before);
  script_->stamp = 3;
  verifier::turn const next(asked);
  EXPECT_EQ(asked.changes(), before + 2);
}

TEST_F(verifier_source_test, a_cached_password_counts_for_its_service_and_its_owner_only) {
  script_->stamp = 1;
  verifier asked(scripted(), mailbox_.poster());
  ASSERT_EQ(ask(asked, "joe", "secret").code, verdict_code::accepted);
  auto imap = smtp("joe");
  imap.service = "imap";
  EXPECT_FALSE(std::get<verdict>(ask(asked, imap, password_query{secret("secret")})).cached);
  auto as_ann = smtp("joe");
  as_ann.authzid = "ann";
  EXPECT_EQ(std::get<verdict>(ask(asked, as_ann, password_query{secret("secret")})).code, verdict_code::not_authorized);
}

TEST_F(verifier_source_test, spells_names_before_it_asks) {
  auto how = scripted();
  how.spell = [](std::string_view name) { return std::string(name.substr(0, name.find('@'))); };
  verifier asked(how, mailbox_.poster());
  EXPECT_EQ(ask(asked, "joe@example.org", "secret").code, verdict_code::accepted);
  EXPECT_EQ(asked.find_account("joe@example.org").value(), "joe");
}

TEST_F(verifier_source_test, revocations_are_told_once) {
  script_->stamp = 1;
  verifier asked(scripted(), mailbox_.poster());
  EXPECT_TRUE(asked.poll_revocations().empty());
  script_->revoked = {{"joe", "phone"}};
  EXPECT_TRUE(asked.poll_revocations().empty()) << "nothing has changed yet";
  script_->stamp = 2;
  auto const told = asked.poll_revocations();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].credential, "phone");
  EXPECT_TRUE(asked.poll_revocations().empty());
}

TEST_F(verifier_source_test, what_expired_is_told_though_nothing_changed) {
  script_->stamp = 1;
  script_->expired = {{"ann", "gone before"}};
  verifier asked(scripted(), mailbox_.poster());
  EXPECT_TRUE(asked.poll_revocations().empty()) << "it was so before anybody logged in";
  script_->expired = {{"joe", {}}};
  auto const told = asked.poll_revocations();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].account, "joe");
  EXPECT_TRUE(asked.poll_revocations().empty());
}

TEST_F(verifier_source_test, counts_the_changes_that_its_sources_tell_of) {
  script_->stamp = 1;
  verifier asked(scripted(), mailbox_.poster());
  auto const before = asked.changes();
  EXPECT_EQ(asked.changes(), before);
  script_->stamp = 2;
  EXPECT_GT(asked.changes(), before);
  ASSERT_NE(asked.sources(), nullptr);
  EXPECT_EQ(asked.sources()->front()->name(), "test");
}

}  // namespace
}  // namespace postern::auth
