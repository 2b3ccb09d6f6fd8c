#pragma once
// Purpose: is this password right? Accounts, cache and hashing pool behind one question.
// Errors: what went wrong with the store is a verdict with the sentence for the log, never an exception.
// Concurrency: one owner thread asks and is answered on it (through `post`); the pool's threads hash, each over a
//              connection of its own to the account database.
// Limits: workers, waiting questions and cache entries are options.
// Security: every refused login costs one hash with the same parameters, be the user unknown, locked, unnameable or the
//           password wrong. Successes are cached until anything in the account database changes; failures never are.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/account_name.hpp"
#include "auth/account_store.hpp"
#include "auth/hash_pool.hpp"
#include "auth/password.hpp"
#include "auth/success_cache.hpp"
#include "auth/verdict.hpp"

namespace postern::auth {

class verifier {
 public:
  struct options {
    std::string database_path;
    std::vector<std::string> local_domains;
    unsigned hash_workers = 2;
    std::size_t hash_queue_max = 256;
    success_cache::options cache;
    password_costs costs;
  };
  /// Runs a function later on the owner's thread; called from any thread.
  using poster = std::function<void(std::function<void()>)>;
  using answer = std::function<void(verdict)>;

  /// Throws when the machine cannot compute a hash at all.
  verifier(options how, poster post);
  /// Answers that are still to come are not given any more.
  ~verifier();
  verifier(verifier const&) = delete;
  verifier& operator=(verifier const&) = delete;

  /// Forgets a question: its hash is not begun, its answer not given. Does nothing once it was answered.
  class question {
   public:
    question() = default;
    void cancel();
    /// False when the answer was given at once.
    bool pending() const noexcept { return cancelled_ != nullptr; }

   private:
    friend class verifier;
    explicit question(std::shared_ptr<std::atomic<bool>> cancelled) : cancelled_(std::move(cancelled)) {}
    std::shared_ptr<std::atomic<bool>> cancelled_;
  };

  /// `done` is called on the owner's thread, before this returns when no hash is needed.
  question verify(std::string user, secret password, answer done);

  /// Does the account exist? For recipients; a locked account still gets its mail.
  result<bool> exists(std::string_view user);
  account_names const& names() const noexcept;

  /// How many hashes were computed for logins: what the tests count.
  std::uint64_t hashes_computed() const noexcept;

 private:
  struct shared;
  struct job;
  result<std::uint64_t> refresh();
  void on_hashed(job const& work, verdict outcome);

  std::shared_ptr<shared> shared_;
  poster post_;
  std::optional<account_store> store_;
  success_cache cache_;
  std::uint64_t stamp_ = 0;  ///< the account database's when the cache was last known to be right
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<hash_pool> pool_;
};

}  // namespace postern::auth
