#include "delivery/transport_link.hpp"

#include <fcntl.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "net/stream.hpp"

namespace postern::delivery {
namespace {

constexpr auto connect_limit = std::chrono::seconds(5);
constexpr auto pause_min = std::chrono::milliseconds(50);
constexpr auto pause_max = std::chrono::milliseconds(5000);
constexpr auto watch_interval = std::chrono::milliseconds(1000);
constexpr auto patience = std::chrono::hours(24);

}  // namespace

transport_link::transport_link(net::event_loop& loop, std::string path, listener told)
    : loop_(loop), path_(std::move(path)), told_(std::move(told)) {}

net::task<> transport_link::run() {
  auto pause = pause_min;
  for (bool told = false;;) {
    auto connected = co_await net::connect_unix(loop_, path_, connect_limit);
    if (connected) {
      channel_ = std::make_unique<ipc::channel>(loop_, (*connected)->release());
      told = false;
      pause = pause_min;
      co_await converse();
      channel_.reset();
      after_loss();
    } else if (!std::exchange(told, true)) {
      log::warning("connect to transport {}: {}", path_, connected.error().text);
    }
    co_await loop_.sleep(pause);
    pause = std::min(pause * 2, pause_max);
  }
}

net::task<> transport_link::converse() {
  for (auto& [id, what] : requests_) post(what);
  for (;;) {
    auto in = co_await channel_->receive(patience);
    if (!in && in.error().problem == net::io_problem::timed_out) continue;
    if (!in) co_return;
    auto answer = ipc::parse_answer(*in);
    if (in->type != static_cast<std::uint16_t>(ipc::delivery_message::answer) || !answer) {
      log::error("{}: something that is no delivery answer came; the connection is closed", path_);
      co_return;
    }
    if (requests_.erase(answer->id) == 1) told_.on_answer(std::move(*answer));
  }
}

void transport_link::post(pending& what) {
  what.sent = true;
  os::unique_fd segment;  // a probe has none
  if (what.segment) segment.reset(::fcntl(what.segment.get(), F_DUPFD_CLOEXEC, 0));
  channel_->post(ipc::format_request(what.request, std::move(segment)));
}

void transport_link::send(ipc::delivery_request request, os::unique_fd segment) {
  auto id = request.id;
  pending what{std::move(request), std::move(segment), false, false, std::chrono::steady_clock::now()};
  auto& kept = requests_.insert_or_assign(id, std::move(what)).first->second;
  if (channel_ && channel_->is_open()) return post(kept);
  if (watching_) return;
  watching_ = true;
  loop_.every(watch_interval, [this, alive = alive_] { return *alive && give_up_old(); });
}

// What was sent and not answered: the program may have died of it, so it gets one more chance only.
void transport_link::after_loss() {
  std::vector<std::uint64_t> lost;
  for (auto& [id, what] : requests_) {
    if (what.sent && what.repeated) lost.push_back(id);
    if (what.sent) what.repeated = true;
    what.sent = false;
    what.since = std::chrono::steady_clock::now();
  }
  if (!requests_.empty()) log::warning("transport {} went away with {} deliveries under way", path_, requests_.size());
  for (auto id : lost) {
    requests_.erase(id);
    told_.on_lost(id, fmt::format("the delivery program behind {} went away", path_));
  }
  if (requests_.empty() || watching_) return;
  watching_ = true;
  loop_.every(watch_interval, [this, alive = alive_] { return *alive && give_up_old(); });
}

bool transport_link::give_up_old() {
  std::vector<std::uint64_t> lost;
  bool waiting = false;
  auto limit = std::chrono::steady_clock::now() - away_limit;
  for (auto const& [id, what] : requests_) {
    if (what.sent) continue;
    if (what.since < limit) {
      lost.push_back(id);
    } else {
      waiting = true;
    }
  }
  for (auto id : lost) {
    requests_.erase(id);
    told_.on_lost(id, "mail transport unavailable");
  }
  watching_ = waiting;
  return watching_;
}

}  // namespace postern::delivery
