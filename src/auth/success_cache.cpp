#include "auth/success_cache.hpp"

#include "crypto/hash.hpp"
#include "os/random.hpp"

namespace postern::auth {

success_cache::success_cache(options how) : options_(how), key_(os::random_octets(32)) {}

std::string success_cache::key_of(std::string_view subject, secret const& password) const {
  std::string text;
  text.reserve(subject.size() + password.size() + 1);
  text += subject;
  text += '\0';
  text += password.reveal();
  auto key = crypto::hmac(crypto::hash_algorithm::sha256, key_.reveal(), text);
  wipe(text);
  return key;
}

success_cache::finding const* success_cache::find(std::string_view subject, secret const& password, time_point now) {
  while (!by_age_.empty() && entries_.at(by_age_.front()).ends <= now) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  if (entries_.empty()) return nullptr;
  auto const known = entries_.find(key_of(subject, password));
  return known == entries_.end() ? nullptr : &known->second.found;
}

void success_cache::insert(std::string_view subject, secret const& password, finding const& found, time_point now) {
  if (options_.time_to_live.count() == 0 || options_.entries_max == 0) return;
  auto const [entry, fresh] = entries_.try_emplace(key_of(subject, password), now + options_.time_to_live, found);
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
