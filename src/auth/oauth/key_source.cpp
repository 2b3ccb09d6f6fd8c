#include "auth/oauth/key_source.hpp"

#include "base/log.hpp"

namespace postern::auth::oauth {
namespace {

constexpr std::size_t candidates_max = 8;  // a token without "kid" is tried with no more

}  // namespace

bool key_source::is_fetch_due(time_point now, bool found) const {
  if (!tried_once_) return true;
  if (keys_.empty()) return now - tried_ >= options_.trouble_time;
  if (now - tried_ < options_.refetch_time) return false;
  return !found || now - fetched_ >= options_.fresh_time;
}

void key_source::fetch(std::unique_lock<std::mutex>& lock, time_point now) {
  tried_once_ = true;
  tried_ = now;
  fetching_ = true;
  lock.unlock();
  auto const text = options_.read();
  auto keys = text ? parse_key_set(*text) : result<std::vector<public_key>>(std::unexpected(text.error()));
  lock.lock();
  fetching_ = false;
  if (keys) {
    keys_ = std::move(*keys);
    fetched_ = now;
  } else {
    trouble_ = keys.error().text;
    log::warning("authd_oauth_jwks: {}{}", trouble_, keys_.empty() ? "" : "; the keys of before go on serving");
  }
  fetched_something_.notify_all();
}

std::vector<public_key> key_source::select(std::string_view key_id, std::string_view algorithm) const {
  std::vector<public_key> all;
  for (auto const& key : keys_) {
    bool const named = key_id.empty() || key.id.empty() || key.id == key_id;
    if (named && may_verify(key, algorithm) && all.size() < candidates_max) all.push_back(key);
  }
  return all;
}

result<std::vector<public_key>> key_source::find(std::string_view key_id, std::string_view algorithm, time_point now) {
  std::unique_lock lock(mutex_);
  if (keys_.empty()) fetched_something_.wait(lock, [&] { return !fetching_; });
  auto found = select(key_id, algorithm);
  if (!fetching_ && is_fetch_due(now, !found.empty())) {
    fetch(lock, now);
    found = select(key_id, algorithm);
  }
  if (keys_.empty()) return fail(trouble_);
  return found;
}

}  // namespace postern::auth::oauth
