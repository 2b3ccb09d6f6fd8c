#pragma once
// Purpose: asks the sources of credentials: cache, pool of threads and stand-ins for unknown users behind one question.
// Errors: what went wrong with a source is a verdict with the sentence for the log, never an exception.
// Concurrency: one owner thread asks and is answered on it (through `post`); the pool's threads ask, each a chain of
//              sources of its own. The owner's thread has one too, for what is quick. Tokens have threads of their own:
//              those may wait for an identity provider, and a silent one shall keep nobody's password waiting.
// Limits: workers, waiting questions and cache entries are options.
// Security: unknown users get SCRAM keys made from `server_secret`, the same each time, of the same shape as anybody's.
//           Successes are cached until their source changes, and are admitted anew each time; failures never are.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/credential_chain.hpp"
#include "auth/hash_pool.hpp"
#include "auth/query.hpp"
#include "auth/success_cache.hpp"

namespace postern::auth {

/// Judges tokens on one thread; may ask the network.
using token_judge = std::function<token_reply(login const& who, secret const& token)>;

class verifier {
 public:
  struct options {
    source_factory sources;
    /// Makes a worker's judge of tokens; empty: there are no tokens here.
    std::function<token_judge()> tokens;
    /// How a login name is spelled before anybody is asked (Cyrus puts a realm behind it); empty: as the client does.
    std::function<std::string(std::string_view)> spell;
    bool hand_on = false;  ///< credential_chain
    secret server_secret;
    unsigned scram_iterations = sasl::scram_iterations_max;  ///< of unknown users: what known ones have
    unsigned workers = 2;
    unsigned token_workers = 1;  ///< beside them, when there are `tokens`
    std::size_t queue_max = 256;
    success_cache::options cache;
  };
  /// Runs a function later on the owner's thread; called from any thread.
  using poster = std::function<void(std::function<void()>)>;
  using answer = std::function<void(query_reply)>;

  verifier(options how, poster post);
  /// Answers that are still to come are not given any more.
  ~verifier();
  verifier(verifier const&) = delete;
  verifier& operator=(verifier const&) = delete;

  /// While one lives the sources are asked once whether they changed: for questions that came in together.
  class turn {
   public:
    explicit turn(verifier& whom) : verifier_(whom) { verifier_.turn_ = turn_state::begun; }
    ~turn() { verifier_.turn_ = turn_state::none; }
    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;

   private:
    verifier& verifier_;
  };

  /// Forgets a question: it is not begun, its answer not given. Does nothing once it was answered.
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

  /// `done` is called on the owner's thread, before this returns when no thread is needed.
  question ask(login who, query what, answer done);

  /// Does the account exist, and how is it spelled? Empty: no. For recipients; a locked account still gets its mail.
  result<std::optional<std::string>> find_account(std::string_view user);

  /// What has been revoked or has expired since the last call; the cache holds nothing of it afterwards.
  std::vector<revocation> poll_revocations();

  /// The owner's own sources; nullptr when they cannot be made.
  source_list const* sources();
  /// A number that grows with every change of the sources that they tell of.
  std::uint64_t changes();

  /// How many passwords the sources were asked to check: what the tests count.
  std::uint64_t passwords_checked() const noexcept;

 private:
  struct shared;
  struct job;
  enum class turn_state : std::uint8_t { none, begun, looked };
  struct watched {
    std::uint64_t stamp = 0;   ///< when the cache was last known to be right
    std::uint64_t polled = 0;  ///< when revocations were last asked for
    bool troubled = false;     ///< it could not say; told once
  };
  credential_chain* own_sources();
  void refresh();
  std::vector<std::uint64_t> own_stamps() const;
  std::uint64_t stamp_of(std::string_view source) const;
  std::optional<verdict> recall(job const& work);
  bool submit(std::shared_ptr<job> const& work);
  void on_answered(std::shared_ptr<job> const& work, query_reply reply);

  std::shared_ptr<shared> shared_;
  poster post_;
  std::optional<credential_chain> own_;
  std::vector<watched> watched_;  ///< beside own_'s sources
  std::uint64_t changes_ = 0;
  turn_state turn_ = turn_state::none;
  success_cache cache_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<hash_pool> token_pool_;
  std::unique_ptr<hash_pool> pool_;
};

}  // namespace postern::auth
