#include "auth/verifier.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t salt_octets = 16;  // as accounts have it

/// The answer that a kind of question gets when nobody could be asked.
struct trouble_reply {
  verdict trouble;
  query_reply operator()(password_query const&) { return std::move(trouble); }
  query_reply operator()(admission_query const&) { return std::move(trouble); }
  query_reply operator()(scram_query const&) { return scram_reply{std::move(trouble), {}}; }
  query_reply operator()(shared_secret_query const&) { return shared_secret_reply{std::move(trouble), {}}; }
  query_reply operator()(token_query const&) { return token_reply{std::move(trouble), {}}; }
};

/// All that the answer depends on beside the password.
std::string cache_subject(std::string_view account, login const& who) {
  return fmt::format("{}\n{}\n{}", account, who.realm, who.service);
}

}  // namespace

/// What the pool's threads see: fixed after construction, but for what belongs to one thread.
struct verifier::shared {
  struct worker {
    std::optional<credential_chain> chain;
    token_judge judge;
  };

  explicit shared(options how)
      : settings(std::move(how)), workers(settings.workers + (settings.tokens ? settings.token_workers : 0)) {}

  query_reply answer(worker& with, login const& who, query const& what);
  query_reply answer(worker& with, login const& who, password_query const& what);
  query_reply answer(worker& with, login const& who, scram_query const& what);
  query_reply answer(worker& with, login const& who, shared_secret_query const& what);
  query_reply answer(worker& with, login const& who, token_query const& what);
  query_reply answer(worker& with, login const& who, admission_query const& what);
  sasl::scram_verifier make_stand_in(std::string_view name, crypto::hash_algorithm hash) const;

  options const settings;
  std::vector<worker> workers;  ///< the pool's, then the token pool's
  std::atomic<std::uint64_t> passwords = 0;
};

struct verifier::job {
  login who;
  query what;
  answer done;
  std::vector<std::uint64_t> stamps;  ///< the sources', when the question came
  bool again = false;                 ///< a change overtook the first answer
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
};

void verifier::question::cancel() {
  if (cancelled_) cancelled_->store(true, std::memory_order_relaxed);
}

// ---- on the pool's threads

query_reply verifier::shared::answer(worker& with, login const& who, query const& what) {
  if (!with.chain) {
    auto sources = settings.sources();
    if (!sources) {
      return std::visit(trouble_reply{{.code = verdict_code::store_unavailable, .detail = sources.error().text}}, what);
    }
    with.chain.emplace(std::move(*sources), settings.hand_on);
  }
  return std::visit([&](auto const& one) { return answer(with, who, one); }, what);
}

query_reply verifier::shared::answer(worker& with, login const& who, password_query const& what) {
  ++passwords;
  return with.chain->check_password(who, what.password);
}

query_reply verifier::shared::answer(worker& with, login const& who, scram_query const& what) {
  auto got = with.chain->load_scram(who, what.hash);
  // Made for everybody, so that the time tells nobody who is known.
  auto const name = with.chain->canonical(who, sasl::credential_need::scram_verifier);
  auto stand_in = make_stand_in(name.empty() ? who.user : name, what.hash);
  if (got.found) return scram_reply{std::move(got.standing), std::move(*got.found)};
  scram_reply reply{std::move(got.standing), {}};
  if (is_temporary(reply.standing.code)) return reply;
  reply.held.keys.push_back(std::move(stand_in));
  reply.held.credentials.emplace_back();
  return reply;
}

query_reply verifier::shared::answer(worker& with, login const& who, shared_secret_query const& what) {
  auto got = with.chain->load_shared_secret(who, what.mechanism);
  return shared_secret_reply{std::move(got.standing), std::move(got.found)};
}

query_reply verifier::shared::answer(worker& with, login const& who, token_query const& what) {
  if (!with.judge && settings.tokens) with.judge = settings.tokens();
  if (with.judge) return with.judge(who, what.token);
  return token_reply{{.code = verdict_code::store_unavailable, .detail = "nothing here can judge tokens"}, {}};
}

query_reply verifier::shared::answer(worker& with, login const& who, admission_query const& what) {
  return with.chain->admit(who, what.source, what.credential);
}

/// The same salt each time for a name that nobody has, and keys that no password fits.
sasl::scram_verifier verifier::shared::make_stand_in(std::string_view name, crypto::hash_algorithm hash) const {
  auto const text = fmt::format("scram salt {} {}", static_cast<int>(hash), name);
  auto salt = crypto::hmac(crypto::hash_algorithm::sha256, settings.server_secret.reveal(), text);
  salt.resize(salt_octets);
  auto const size = crypto::digest_size(hash);
  return {.iterations = settings.scram_iterations,
          .salt = std::move(salt),
          .stored_key = os::random_octets(size),
          .server_key = os::random_octets(size)};
}

// ---- on the owner's thread

verifier::verifier(options how, poster post)
    : shared_(std::make_shared<shared>(std::move(how))),
      post_(std::move(post)),
      cache_(shared_->settings.cache),
      pool_(std::make_unique<hash_pool>(shared_->settings.workers, shared_->settings.queue_max)) {
  auto const& settings = shared_->settings;
  if (settings.tokens) token_pool_ = std::make_unique<hash_pool>(settings.token_workers, settings.queue_max);
  own_sources();
}

verifier::~verifier() { *alive_ = false; }

std::uint64_t verifier::passwords_checked() const noexcept { return shared_->passwords; }

credential_chain* verifier::own_sources() {
  if (own_) return &*own_;
  auto sources = shared_->settings.sources();
  if (!sources) return nullptr;  // each question says so
  own_.emplace(std::move(*sources));
  watched_.assign(own_->sources().size(), {});
  refresh();
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    watched_[i].polled = watched_[i].stamp;
    static_cast<void>(own_->sources()[i]->take_expired());
  }
  return &*own_;
}

/// Whatever the sources say, the cache holds nothing older than they are afterwards.
void verifier::refresh() {
  if (turn_ == turn_state::looked) return;
  if (turn_ == turn_state::begun) turn_ = turn_state::looked;
  auto const* const own = own_sources();
  if (own == nullptr) return cache_.clear();
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    auto const stamp = own->sources()[i]->change_stamp();
    if (!stamp && !watched_[i].troubled) log::error("{}: {}", own->sources()[i]->name(), stamp.error().text);
    watched_[i].troubled = !stamp;
    if (stamp.value_or(0) == watched_[i].stamp) continue;
    cache_.clear();
    ++changes_;
    watched_[i].stamp = stamp.value_or(0);
  }
}

std::vector<revocation> verifier::poll_revocations() {
  refresh();
  std::vector<revocation> all;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    if (auto expired = own_->sources()[i]->take_expired()) std::ranges::move(*expired, std::back_inserter(all));
    auto& one = watched_[i];
    if (one.stamp == 0 || one.stamp == one.polled) continue;
    auto const before = std::exchange(one.polled, one.stamp);
    if (before == 0) continue;
    auto revoked = own_->sources()[i]->revoked_since(before);
    if (revoked) {
      std::ranges::move(*revoked, std::back_inserter(all));
    } else {
      one.polled = before;  // asked for again with the next call
    }
  }
  return all;
}

source_list const* verifier::sources() {
  auto const* const own = own_sources();
  return own == nullptr ? nullptr : &own->sources();
}

std::uint64_t verifier::changes() {
  refresh();
  return changes_;
}

/// A correct password that is known already; its account may have been shut meanwhile.
std::optional<verdict> verifier::recall(job const& work) {
  auto const* const asked = std::get_if<password_query>(&work.what);
  if (asked == nullptr || !own_) return std::nullopt;
  auto const name = own_->canonical(work.who, sasl::credential_need::verify_plain);
  if (name.empty()) return std::nullopt;
  auto const* const known = cache_.find(cache_subject(name, work.who), asked->password, clock::now());
  if (known == nullptr) return std::nullopt;
  verdict outcome{.code = verdict_code::accepted,
                  .account = known->account,
                  .source = known->source,
                  .credential = known->credential};
  auto const* const source = own_->find(known->source);
  if (source != nullptr && source->quick()) {
    outcome = own_->admit(work.who, known->source, known->credential);
  } else {
    outcome = own_->authorize(work.who, std::move(outcome));
  }
  outcome.cached = true;
  return outcome;
}

verifier::question verifier::ask(login who, query what, answer done) {
  auto const work = std::make_shared<job>();
  work->who = std::move(who);
  work->what = std::move(what);
  work->done = std::move(done);
  if (shared_->settings.spell) work->who.user = shared_->settings.spell(work->who.user);
  refresh();
  work->stamps = own_stamps();
  if (auto known = recall(*work)) {
    work->done(std::move(*known));
    return {};
  }
  return submit(work) ? question(work->cancelled) : question();
}

bool verifier::submit(std::shared_ptr<job> const& work) {
  bool const is_token = token_pool_ && std::holds_alternative<token_query>(work->what);
  auto const first = is_token ? shared_->settings.workers : 0U;
  auto& pool = is_token ? *token_pool_ : *pool_;
  bool const taken = pool.submit([this, work, first, all = shared_, post = post_, alive = alive_](unsigned worker) {
    if (work->cancelled->load(std::memory_order_relaxed)) return;
    auto reply = std::make_shared<query_reply>(all->answer(all->workers.at(first + worker), work->who, work->what));
    post([this, work, alive, reply] {
      if (*alive) on_answered(work, std::move(*reply));
    });
  });
  if (!taken) {
    auto detail = fmt::format("{} logins wait already (authd_hash_queue_limit)", shared_->settings.queue_max);
    work->done(
        std::visit(trouble_reply{{.code = verdict_code::overloaded, .account = {}, .detail = detail}}, work->what));
  }
  return taken;
}

std::vector<std::uint64_t> verifier::own_stamps() const {
  std::vector<std::uint64_t> stamps(watched_.size());
  std::ranges::transform(watched_, stamps.begin(), &watched::stamp);
  return stamps;
}

std::uint64_t verifier::stamp_of(std::string_view source) const {
  for (std::size_t i = 0; own_ && i < watched_.size(); ++i) {
    if (own_->sources()[i]->name() == source) return watched_[i].stamp;
  }
  return 0;
}

void verifier::on_answered(std::shared_ptr<job> const& work, query_reply reply) {
  if (work->cancelled->load(std::memory_order_relaxed)) return;
  auto const* const asked = std::get_if<password_query>(&work->what);
  auto const* const outcome = std::get_if<verdict>(&reply);
  if (asked != nullptr && outcome->code == verdict_code::accepted) {
    refresh();
    auto stamps = own_stamps();
    // A change between question and answer may have been about this very password.
    if (stamps != work->stamps && !work->again) {
      work->again = true;
      work->stamps = std::move(stamps);
      submit(work);
      return;
    }
    auto const name = own_ ? own_->canonical(work->who, sasl::credential_need::verify_plain) : std::string();
    if (stamps == work->stamps && !name.empty() && stamp_of(outcome->source) != 0) {
      cache_.insert(cache_subject(name, work->who), asked->password,
                    {outcome->account, outcome->source, outcome->credential}, clock::now());
    }
  }
  work->done(std::move(reply));
}

result<std::optional<std::string>> verifier::find_account(std::string_view user) {
  auto* const own = own_sources();
  if (own == nullptr) return fail("the sources of credentials cannot be opened");
  login who;
  who.user = shared_->settings.spell ? shared_->settings.spell(user) : std::string(user);
  std::optional<failure> trouble;
  for (auto const& source : own->sources()) {
    auto name = source->canonical(who);
    if (name.empty()) continue;
    auto there = source->find_account(name);
    if (!there) trouble = there.error();
    if (there && *there) return there;
  }
  if (trouble) return std::unexpected(*trouble);
  return std::nullopt;
}

}  // namespace postern::auth
