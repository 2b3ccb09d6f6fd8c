#include "auth/sasldb/lookup.hpp"

#include <atomic>
#include <thread>

#include "base/log.hpp"

namespace postern::auth::sasldb {
namespace {

constexpr int tries = 4;
constexpr std::chrono::milliseconds pause{5};

bool is_young(file_stamp const& stamp) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return now - std::chrono::nanoseconds(stamp.changed) < settle_time;
}

/// Without the property.
std::string_view prefix_of(std::string_view key) {
  auto const first = key.find('\0');
  auto const second = first == std::string_view::npos ? first : key.find('\0', first + 1);
  return second == std::string_view::npos ? std::string_view() : key.substr(0, second + 1);
}

// Each thread of a pool has its own lookup; one of them says it.
void warn_of_mode(std::string const& path, file_stamp const& stamp) {
  static std::atomic<std::int64_t> told{0};
  auto const remark = remark_on_mode(path);
  if (remark && told.exchange(stamp.changed) != stamp.changed) log::warning("sasldb: {}", *remark);
}

}  // namespace

void lookup::take(snapshot const& fresh) {
  std::map<std::string_view, std::vector<std::pair<std::string_view, secret const*>>> properties;
  for (auto const& one : fresh.all) {
    auto const prefix = prefix_of(one.key);
    if (!prefix.empty()) properties[prefix].emplace_back(std::string_view(one.key).substr(prefix.size()), &one.value);
  }
  users_.clear();
  costliest_.reset();
  for (auto const& [prefix, named] : properties) {
    auto secrets = parse_user_secrets(named);
    for (auto const& each : secrets.verifiers) {
      bool const costlier = !costliest_ || each.verifier.iterations > costliest_->verifier.iterations;
      if (!secrets.plaintext && costlier) costliest_ = each;
    }
    users_.emplace(prefix, std::move(secrets));
  }
  stamp_ = fresh.stamp;
  settled_ = !is_young(fresh.stamp);
  loaded_ = true;
}

result<> lookup::refresh() {
  auto const now = load_stamp(path_);
  if (now && loaded_ && settled_ && *now == stamp_) return {};
  // What looks damaged may be half written by one of Cyrus's programs.
  result<snapshot> fresh;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) std::this_thread::sleep_for(pause);
    fresh = load(path_);
    if (fresh || fresh.error().system_error != 0) break;
  }
  if (!fresh) {
    users_.clear();
    loaded_ = false;
    return std::unexpected(fresh.error());
  }
  take(*fresh);
  warn_of_mode(path_, stamp_);
  return {};
}

result<user_secrets const*> lookup::find(user_in_realm const& who) {
  if (auto fresh = refresh(); !fresh) return std::unexpected(fresh.error());
  auto const at = users_.find(format_key_prefix(who.user, who.realm));
  return at == users_.end() ? nullptr : &at->second;
}

std::uint64_t lookup::change_stamp() const {
  auto const now = load_stamp(path_);
  if (!now) return 0;
  auto mixed = static_cast<std::uint64_t>(now->changed);
  for (auto const part : {now->inode, now->device, now->size}) mixed = (mixed ^ part) * 0x9E3779B97F4A7C15U;
  return mixed == 0 ? 1 : mixed;
}

}  // namespace postern::auth::sasldb
