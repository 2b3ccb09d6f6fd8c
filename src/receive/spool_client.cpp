#include "receive/spool_client.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "net/stream.hpp"

namespace postern::receive {

open_segment::open_segment(net::event_loop& loop, ipc::segment_grant const& grant, os::unique_fd append_only)
    : loop_(loop),
      grant_(grant),
      ids_(queue::writer_number{static_cast<std::uint16_t>(grant.writer)}),
      self_(std::make_shared<open_segment*>(this)) {
  auto file = os::adopt_append_file(std::move(append_only), fmt::format("spool segment {:016x}", grant.segment));
  queue::segment_writer writer(std::move(file), queue::segment_id{grant.segment});
  committer_ = std::make_unique<queue::group_commit>(
      std::move(writer), [this](std::span<queue::commit_done const> done, failure const* error) {
        // Runs in the commit thread: carry the news over and leave.
        loop_.post([self = self_, settled = std::vector(done.begin(), done.end()),
                    why = error == nullptr ? std::string() : error->text] {
          if (*self != nullptr) (*self)->on_batch(settled, why);
        });
      });
}

open_segment::~open_segment() {
  committer_.reset();  // joins the thread; what it still posts finds null below
  *self_ = nullptr;
}

void open_segment::on_batch(std::vector<queue::commit_done> const& done, std::string const& error) {
  for (auto const& one : done) {
    auto place = waiting_.find(one.cookie);
    if (place == waiting_.end()) continue;  // a chunk, or a session that is gone
    auto* waiter = place->second;
    waiting_.erase(place);
    waiter->answer(error.empty() ? outcome{one, {}} : outcome{std::nullopt, error});
  }
}

result<queue::location> open_segment::append_chunk(std::string record) {
  auto placed = committer_->collect(std::move(record), queue::durability::written, 0);
  start_soon();
  return placed;
}

// All that comes in one turn of the loop is one batch: a sync costs the same for one message and for twenty.
void open_segment::start_soon() {
  if (std::exchange(starting_, true)) return;
  loop_.post([self = self_] {
    if (*self == nullptr) return;
    (*self)->starting_ = false;
    (*self)->committer_->start();
  });
}

net::task<open_segment::outcome> open_segment::commit(std::string record, std::chrono::seconds within, bool alone) {
  if (alone) {
    if (auto at_once = committer_->commit_alone(record)) {
      co_return *at_once ? outcome{**at_once, {}} : outcome{std::nullopt, at_once->error().text};
    }
  }
  net::one_shot<outcome> answer(loop_);
  auto cookie = next_cookie_++;
  auto placed = committer_->collect(std::move(record), queue::durability::synced, cookie);
  if (!placed) co_return outcome{std::nullopt, placed.error().text};
  start_soon();
  waiting_.emplace(cookie, &answer);
  auto came = co_await answer.wait(within);
  waiting_.erase(cookie);
  if (!came)
    co_return outcome{std::nullopt, "the disk did not answer in time; the message may be delivered all the same"};
  co_return std::move(*came);
}

namespace {

constexpr auto reconnect_pause_min = std::chrono::milliseconds(100);
constexpr auto reconnect_pause_max = std::chrono::milliseconds(5000);
constexpr auto connect_timeout = std::chrono::seconds(10);
constexpr auto no_deadline = std::chrono::hours(24 * 365);

}  // namespace

spool_client::spool_client(net::event_loop& loop, std::string socket_path)
    : loop_(loop), socket_path_(std::move(socket_path)) {}

net::task<> spool_client::run() {
  auto pause = reconnect_pause_min;
  bool told = false;
  for (;;) {
    auto connected = co_await net::connect_unix(loop_, socket_path_, connect_timeout);
    if (connected) {
      channel_ = std::make_unique<ipc::channel>(loop_, (*connected)->release());
      told = false;
      pause = reconnect_pause_min;
      co_await converse();
      channel_.reset();
      asked_ = false;
    } else {
      trouble_ = fmt::format("connect to {}: {}", socket_path_, connected.error().text);
      if (!std::exchange(told, true)) log::warning("queue manager away: {}", trouble_);
    }
    co_await loop_.sleep(pause);
    pause = std::min(pause * 2, reconnect_pause_max);
  }
}

net::task<> spool_client::converse() {
  channel_->post(ipc::format_hello(static_cast<std::uint64_t>(::getpid())));
  for (; !unsent_.empty(); unsent_.pop_front()) channel_->post(ipc::format_committed(unsent_.front()));
  want_segment();
  for (;;) {
    auto in = co_await channel_->receive(no_deadline);
    if (!in && in.error().problem == net::io_problem::cancelled) co_return;
    if (!in) {
      trouble_ = fmt::format("{}: {}", socket_path_, in.error().text);
      log::warning("queue manager connection lost: {}; mail goes on into the segment at hand", trouble_);
      co_return;
    }
    on_message(std::move(*in));
  }
}

void spool_client::on_message(ipc::message in) {
  if (in.type == static_cast<std::uint16_t>(ipc::queue_message::refused)) {
    asked_ = false;
    trouble_ = ipc::parse_refused(in).value_or("refused without a readable reason");
    log::warning("queue manager gives no spool segment: {}", trouble_);
    return wake_all();
  }
  if (in.type != static_cast<std::uint16_t>(ipc::queue_message::segment)) return;
  auto grant = ipc::parse_segment(in);
  asked_ = false;
  if (!grant) {
    trouble_ = grant.error().text;
    return log::error("queue manager: {}", trouble_);
  }
  current_ = std::make_shared<open_segment>(loop_, *grant, std::move(in.descriptors.front()));
  wake_all();
}

void spool_client::want_segment() {
  bool needed = !current_ || current_->full() || current_->failed();
  if (!needed || !channel_ || asked_) return;
  asked_ = true;
  channel_->post(ipc::format_segment_wanted());
}

void spool_client::wake_all() {
  for (auto* one : std::exchange(waiting_, {})) one->wake();
}

net::task<result<std::shared_ptr<open_segment>>> spool_client::segment(std::chrono::seconds within) {
  if (current_ && current_->failed()) current_.reset();
  want_segment();
  if (!current_) {
    net::parked here(loop_);
    waiting_.push_back(&here);
    co_await here.wait(within);
    std::erase(waiting_, &here);
  }
  if (unsent_.size() >= notices_max) co_return fail("the queue manager has been away for too long: " + trouble_);
  if (!current_) co_return fail("no spool segment: " + trouble_);
  co_return current_;
}

void spool_client::announce(ipc::committed_notice const& notice) {
  if (channel_ && channel_->is_open())
    channel_->post(ipc::format_committed(notice));
  else
    unsent_.push_back(notice);
}

}  // namespace postern::receive
