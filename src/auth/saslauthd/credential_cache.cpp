#include "auth/saslauthd/credential_cache.hpp"

#include "crypto/hash.hpp"
#include "os/random.hpp"

namespace postern::auth::saslauthd {

credential_cache::credential_cache(options how) : options_(how), key_(os::random_octets(32)) {}

std::string credential_cache::format_name(std::string_view login, std::string_view realm, std::string_view service) {
  std::string out;
  out.reserve(login.size() + realm.size() + service.size() + 2);
  out += login;
  out += '\0';
  out += realm;
  out += '\0';
  out += service;
  return out;
}

std::string credential_cache::prove(std::string_view name, secret const& password) const {
  // The name's length comes first: names may hold NUL, and no two (name, password) may look alike.
  std::string text = std::to_string(name.size()) + ':';
  text.reserve(text.size() + name.size() + password.size());
  text += name;
  text += password.reveal();
  auto proof = crypto::hmac(crypto::hash_algorithm::sha256, key_.reveal(), text);
  wipe(text);
  return proof;
}

credential_cache::finding credential_cache::find(std::string_view name, secret const& password, time_point now) const {
  auto const known = by_name_.find(name);
  if (known == by_name_.end()) return finding::miss;
  auto const& found = *known->second;
  bool const good = found.ends > now && crypto::constant_time_equal(found.proof, prove(name, password));
  return good ? finding::hit : finding::mismatch;
}

void credential_cache::insert(std::string const& name, secret const& password, time_point now) {
  forget(name);
  if (name.size() > name_octets_max || options_.time_to_live.count() == 0) return;
  entries_.push_back({name, prove(name, password), now + options_.time_to_live});
  by_name_.emplace(entries_.back().name, std::prev(entries_.end()));
  octets_ += entry_octets + name.size();
  while (octets_ > options_.octets_max) forget(std::string(entries_.front().name));
}

void credential_cache::forget(std::string_view name) {
  auto const known = by_name_.find(name);
  if (known == by_name_.end()) return;
  auto const place = known->second;
  octets_ -= entry_octets + place->name.size();
  by_name_.erase(known);
  entries_.erase(place);
}

void credential_cache::clear() {
  by_name_.clear();
  entries_.clear();
  octets_ = 0;
}

}  // namespace postern::auth::saslauthd
