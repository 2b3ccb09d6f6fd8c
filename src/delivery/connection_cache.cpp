#include "delivery/connection_cache.hpp"

namespace postern::delivery {
namespace {

constexpr auto sweep_interval = std::chrono::milliseconds(500);

net::task<> say_goodbye(std::unique_ptr<smtp_connection> connection) { co_await connection->quit(); }

}  // namespace

std::unique_ptr<smtp_connection> connection_cache::take(std::string const& next_hop) {
  for (;;) {
    // The one that was used last: its peer is the least likely to have hung up.
    auto after = idle_.upper_bound(next_hop);
    if (after == idle_.begin()) return nullptr;
    auto found = std::prev(after);
    if (found->first != next_hop) return nullptr;
    auto connection = std::move(found->second.connection);
    idle_.erase(found);
    if (connection->is_still_open()) return connection;
  }
}

void connection_cache::give(std::string const& next_hop, std::unique_ptr<smtp_connection> connection) {
  auto now = std::chrono::steady_clock::now();
  bool worn = settings_.reuse_count_limit != 0 && connection->uses() >= settings_.reuse_count_limit;
  bool old = now - connection->opened_at() >= settings_.reuse_time_limit;
  if (!connection->is_reusable() || worn || old || idle_.size() >= settings_.idle_connections_max) {
    retire(std::move(connection));
    return;
  }
  idle_.emplace(next_hop, entry{std::move(connection), now + settings_.idle_limit});
  if (sweeping_) return;
  sweeping_ = true;
  loop_.every(sweep_interval, [this, alive = alive_] { return *alive && sweep(); });
}

void connection_cache::retire(std::unique_ptr<smtp_connection> connection) {
  closing_.spawn(say_goodbye(std::move(connection)), "closing a connection");
}

bool connection_cache::sweep() {
  auto now = std::chrono::steady_clock::now();
  for (auto one = idle_.begin(); one != idle_.end();) {
    if (one->second.until > now) {
      ++one;
      continue;
    }
    retire(std::move(one->second.connection));
    one = idle_.erase(one);
  }
  sweeping_ = !idle_.empty();
  return sweeping_;
}

net::task<bool> connection_cache::close_all(std::chrono::milliseconds within) {
  for (auto& [next_hop, one] : idle_) retire(std::move(one.connection));
  idle_.clear();
  bool done = co_await closing_.join(within);
  if (!done) closing_.cancel_all();
  co_return done;
}

}  // namespace postern::delivery
