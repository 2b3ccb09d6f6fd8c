#include "auth/saslauthd/check_pool.hpp"

#include <unistd.h>

#include <sys/eventfd.h>

#include "base/log.hpp"
#include "os/signal_mask.hpp"

namespace postern::auth::saslauthd {
namespace {

using code = password_answer::code;

password_answer unavailable(std::string detail) {
  return {code::unavailable, "internal mechanism failure", std::move(detail)};
}

}  // namespace

check_pool::check_pool(backend_row const& row, backend_options options, unsigned workers)
    : row_(row),
      options_(std::move(options)),
      workers_max_(workers),
      wake_owner_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

check_pool::~check_pool() {
  {
    std::scoped_lock const lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void check_pool::submit(check_job job) {
  bool more = false;
  {
    std::scoped_lock const lock(mutex_);
    waiting_.push_back(std::move(job));
    more = waiting_.size() > idle_ && threads_.size() < workers_max_;
  }
  if (more) {
    os::block_all_signals const blocked;
    threads_.emplace_back([this] { work(); });
  }
  wake_.notify_one();
}

bool check_pool::take_job(check_job& out) {
  std::unique_lock lock(mutex_);
  ++idle_;
  wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  --idle_;
  if (stopping_) return false;
  out = std::move(waiting_.front());
  waiting_.pop_front();
  return true;
}

void check_pool::finish(check_job&& job, password_answer&& answer) {
  bool first = false;
  {
    std::scoped_lock const lock(mutex_);
    first = done_.empty();
    done_.push_back({job.id, std::move(job.question), std::move(answer)});
  }
  if (!first) return;
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(wake_owner_.get(), &one, sizeof one);
}

std::vector<check_outcome> check_pool::take_done() {
  std::uint64_t count = 0;
  [[maybe_unused]] auto const got = ::read(wake_owner_.get(), &count, sizeof count);
  std::scoped_lock const lock(mutex_);
  return std::exchange(done_, {});
}

void check_pool::work() {
  std::unique_ptr<password_backend> backend;
  unsigned made_for = 0;
  check_job job;
  while (take_job(job)) {
    if (std::chrono::steady_clock::now() > job.deadline) {
      finish(std::move(job), unavailable("waited too long for a free worker: raise -n"));
      continue;
    }
    if (auto const wanted = generation_.load(); !backend || made_for != wanted) {
      auto made = row_.make(options_);
      if (made) backend = std::move(*made);
      if (!made) log::error("{}", made.error().text);
      made_for = wanted;
    }
    auto answer = backend ? backend->check(job.question) : unavailable("the mechanism does not start");
    finish(std::move(job), std::move(answer));
  }
}

}  // namespace postern::auth::saslauthd
