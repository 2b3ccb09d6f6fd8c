#include "auth/success_cache.hpp"

#include "crypto/hash.hpp"
#include "os/random.hpp"

namespace postern::auth {

success_cache::success_cache(options how) : options_(how), key_(os::random_octets(32)) {}

std::string success_cache::key_of(std::string_view account, secret const& password) const {
  std::string text;
  text.reserve(account.size() + password.size() + 1);
  text += account;
  text += '\0';
  text += password.reveal();
  auto key = crypto::hmac(crypto::hash_algorithm::sha256, key_.reveal(), text);
  wipe(text);
  return key;
}

bool success_cache::contains(std::string_view account, secret const& password, time_point now) {
  while (!by_age_.empty() && entries_.at(by_age_.front()) <= now) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  return !entries_.empty() && entries_.contains(key_of(account, password));
}

void success_cache::insert(std::string_view account, secret const& password, time_point now) {
  if (options_.time_to_live.count() == 0 || options_.entries_max == 0) return;
  auto const [entry, fresh] = entries_.try_emplace(key_of(account, password), now + options_.time_to_live);
  if (!fresh) return;
  by_age_.push_back(entry->first);
  if (entries_.size() > options_.entries_max) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
}

void success_cache::clear() {
  entries_.clear();
  by_age_.clear();
}

}  // namespace postern::auth
