#include "delivery/state_saver.hpp"

#include "base/log.hpp"

namespace postern::delivery {
namespace {

constexpr auto retry_pause = std::chrono::milliseconds(1000);

}  // namespace

state_saver::state_saver(net::event_loop& loop, queue::state_log log, queue::snapshot_source snapshot,
                         std::function<void(std::uint64_t)> on_saved)
    : loop_(loop),
      log_(std::move(log)),
      snapshot_(std::move(snapshot)),
      on_saved_(std::move(on_saved)),
      tasks_(loop),
      worker_(loop, 1) {}

void state_saver::add(std::vector<queue::state_entry> entries, std::uint64_t number) {
  std::ranges::move(entries, std::back_inserter(waiting_));
  number_ = number;
  if (!waiting_.empty()) begin();
}

void state_saver::begin_snapshot() {
  snapshot_wanted_ = true;
  begin();
}

void state_saver::begin() {
  if (std::exchange(saving_, true)) return;
  tasks_.spawn(save_all(), "saving the queue's state");
}

net::task<bool> state_saver::save(std::shared_ptr<std::vector<queue::state_entry>> batch) {
  auto saved = co_await worker_.run<result<>>([this, batch] { return log_.save(*batch); });
  if (!saved && !failing_) {
    log::error("queue state cannot be saved, mail may be delivered twice after a crash: {}", saved.error().text);
  }
  if (saved && failing_) log::info("queue state can be saved again");
  failing_ = !saved;
  co_return saved.has_value();
}

net::task<bool> state_saver::save_snapshot() {
  auto text = std::make_shared<queue::snapshot_text>(snapshot_);
  auto saved = co_await worker_.run<result<>>([this, text] { return log_.save_snapshot(std::move(*text)); });
  if (!saved) log::error("queue state snapshot: {}", saved.error().text);
  co_return saved.has_value();
}

net::task<> state_saver::save_all() {
  while (!waiting_.empty() || snapshot_wanted_) {
    auto batch = std::make_shared<std::vector<queue::state_entry>>(std::move(waiting_));
    waiting_.clear();
    auto number = number_;
    while (!co_await save(batch)) co_await loop_.sleep(retry_pause);
    on_saved_(number);
    if (std::exchange(snapshot_wanted_, false) || log_.wants_snapshot()) (void)co_await save_snapshot();
  }
  saving_ = false;
}

net::task<bool> state_saver::finish(std::chrono::milliseconds within) {
  bool done = co_await tasks_.join(within);
  tasks_.cancel_all();
  if (done) done = co_await save_snapshot();
  co_return done;
}

}  // namespace postern::delivery
