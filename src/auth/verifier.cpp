#include "auth/verifier.hpp"

#include <mutex>
#include <stdexcept>

#include <fmt/format.h>

#include "os/random.hpp"

namespace postern::auth {

/// What the pool's threads see: fixed after construction, but for the connections, which they borrow.
struct verifier::shared {
  explicit shared(options how) : settings(std::move(how)), names(settings.local_domains) {
    // Nobody has this password. Its hash stands in where there is no account.
    auto phc = crypto::hash_argon2id(secret(os::random_octets(32)), os::random_octets(16), settings.costs.argon2id);
    if (!phc) throw std::runtime_error(phc.error().text);
    stand_in = std::move(*phc);
  }

  /// A connection that no other thread uses; given back after use.
  result<account_store> borrow() {
    {
      std::scoped_lock const lock(mutex);
      if (!idle.empty()) {
        account_store store = std::move(idle.back());
        idle.pop_back();
        return store;
      }
    }
    return open();
  }
  /// A database that is gone is trouble to be told, not to be replaced by an empty one.
  result<account_store> open() const { return account_store::open(settings.database_path, {.create = false}); }
  void give_back(account_store store) {
    std::scoped_lock const lock(mutex);
    idle.push_back(std::move(store));
  }

  verdict judge(std::string const& name, secret const& password);

  options const settings;
  account_names const names;
  std::string stand_in;
  std::atomic<std::uint64_t> hashes = 0;
  std::mutex mutex;
  std::vector<account_store> idle;
};

struct verifier::job {
  std::string name;  ///< canonical; empty when the login cannot be an account's name
  std::string detail;
  secret password;
  std::uint64_t stamp = 0;  ///< the account database's when the question came
  answer done;
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
};

void verifier::question::cancel() {
  if (cancelled_) cancelled_->store(true, std::memory_order_relaxed);
}

verifier::verifier(options how, poster post)
    : shared_(std::make_shared<shared>(std::move(how))),
      post_(std::move(post)),
      cache_(shared_->settings.cache),
      pool_(std::make_unique<hash_pool>(shared_->settings.hash_workers, shared_->settings.hash_queue_max)) {}

verifier::~verifier() { *alive_ = false; }

account_names const& verifier::names() const noexcept { return shared_->names; }
std::uint64_t verifier::hashes_computed() const noexcept { return shared_->hashes; }

/// Runs on a pool thread. One path for all: load, hash, decide.
verdict verifier::shared::judge(std::string const& name, secret const& password) {
  std::optional<account> found;
  if (!name.empty()) {
    auto store = borrow();
    if (!store) return {verdict_code::store_unavailable, name, store.error().text};
    auto loaded = store->load_account(name);
    if (!loaded) return {verdict_code::store_unavailable, name, loaded.error().text};
    give_back(std::move(*store));
    found = std::move(*loaded);
  }
  ++hashes;
  auto const match = crypto::verify_argon2id(found ? found->verifiers.argon2id : stand_in, password);
  if (!found) return {verdict_code::unknown_user, name, "there is no such account"};
  if (!match) return {verdict_code::store_unavailable, name, match.error().text};
  if (found->locked) return {verdict_code::locked, name, "the account is locked; postern user unlock lets it in"};
  if (!*match) return {verdict_code::wrong_password, name, "the password does not match"};
  return {verdict_code::accepted, name};
}

/// The account database's change stamp; whatever it says, the cache holds nothing older than it afterwards.
result<std::uint64_t> verifier::refresh() {
  auto stamp = [&]() -> result<std::uint64_t> {
    if (!store_) {
      auto opened = shared_->open();
      if (!opened) return std::unexpected(opened.error());
      store_ = std::move(*opened);
      cache_.clear();  // another connection counts its changes anew
    }
    return store_->change_stamp();
  }();
  if (!stamp) store_.reset();
  if (!stamp || *stamp != stamp_) cache_.clear();
  stamp_ = stamp.value_or(0);
  return stamp;
}

verifier::question verifier::verify(std::string user, secret password, answer done) {
  auto const work = std::make_shared<job>();
  work->password = std::move(password);
  work->done = std::move(done);
  if (auto name = shared_->names.canonical(user); name) {
    work->name = std::move(*name);
  } else {
    work->detail = name.error().text;
  }

  auto const stamp = refresh();
  if (!stamp) {
    work->done({verdict_code::store_unavailable, work->name, stamp.error().text});
    return {};
  }
  work->stamp = *stamp;
  if (!work->name.empty() && cache_.contains(work->name, work->password, std::chrono::steady_clock::now())) {
    work->done({.code = verdict_code::accepted, .account = work->name, .cached = true});
    return {};
  }

  bool const accepted = pool_->submit([this, work, all = shared_, post = post_, alive = alive_] {
    if (work->cancelled->load(std::memory_order_relaxed)) return;
    auto outcome = all->judge(work->name, work->password);
    post([this, work, alive, outcome = std::move(outcome)]() mutable {
      if (*alive) on_hashed(*work, std::move(outcome));
    });
  });
  if (!accepted) {
    work->done(
        {verdict_code::overloaded, work->name,
         fmt::format("{} logins wait for a hash already (authd_hash_queue_limit)", shared_->settings.hash_queue_max),
         false});
    return {};
  }
  return question(work->cancelled);
}

void verifier::on_hashed(job const& work, verdict outcome) {
  if (work.cancelled->load(std::memory_order_relaxed)) return;
  if (outcome.code == verdict_code::unknown_user && !work.detail.empty()) outcome.detail = work.detail;
  // A change between question and answer may have been about this very password: then it is right, once, and not kept.
  if (outcome.code == verdict_code::accepted) {
    if (auto const stamp = refresh(); stamp && *stamp == work.stamp) {
      cache_.insert(work.name, work.password, std::chrono::steady_clock::now());
    }
  }
  work.done(std::move(outcome));
}

result<bool> verifier::exists(std::string_view user) {
  auto const name = shared_->names.canonical(user);
  if (!name) return false;
  if (auto const ready = refresh(); !ready) return std::unexpected(ready.error());
  auto const found = store_->load_account(*name);
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

}  // namespace postern::auth
