#include "auth/oauth/token_cache.hpp"

#include "crypto/hash.hpp"
#include "os/random.hpp"

namespace postern::auth::oauth {

token_cache::token_cache(std::size_t entries_max) : entries_max_(entries_max), key_(os::random_octets(32)) {}

std::string token_cache::key_of(secret const& token) const {
  return crypto::hmac(crypto::hash_algorithm::sha256, key_.reveal(), token.reveal());
}

std::optional<std::string> token_cache::find(secret const& token, time_point now) {
  auto const key = key_of(token);
  std::scoped_lock const lock(mutex_);
  auto const at = entries_.find(key);
  if (at == entries_.end() || at->second.ends <= now) return std::nullopt;
  return at->second.user;
}

void token_cache::insert(secret const& token, std::string user, time_point ends) {
  if (entries_max_ == 0) return;
  auto key = key_of(token);
  std::scoped_lock const lock(mutex_);
  auto const [at, fresh] = entries_.insert_or_assign(key, entry{std::move(user), ends});
  if (!fresh) return;
  by_age_.push_back(std::move(key));
  if (entries_.size() <= entries_max_) return;
  entries_.erase(by_age_.front());
  by_age_.pop_front();
}

std::size_t token_cache::size() {
  std::scoped_lock const lock(mutex_);
  return entries_.size();
}

}  // namespace postern::auth::oauth
