#include "auth/login_guard.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "crypto/hash.hpp"

namespace postern::auth {
namespace {

constexpr auto retry_pause = std::chrono::milliseconds(1000);

// The key serves other purposes too; none of its values may be another's.
constexpr std::string_view purpose = "wrong secret";

}  // namespace

login_guard::login_guard(net::event_loop& loop, ipc::anvil_client& anvil, account_names names, secret const& key)
    : loop_(loop),
      anvil_(anvil),
      names_(std::move(names)),
      key_(crypto::hmac(crypto::hash_algorithm::sha256, key.reveal(), purpose)),
      scope_(loop) {}

// Spellings of one account count together; what cannot be an account counts as it is spelled.
std::string login_guard::name_of(std::string_view user) const {
  auto canonical = names_.canonical(user);
  return canonical ? std::move(*canonical) : lowercase(user);
}

net::task<std::chrono::milliseconds> login_guard::find_delay(login who) {
  auto const answer = co_await anvil_.check_login({name_of(who.user), who.client_address});
  if (!answer) co_return std::chrono::milliseconds(0);
  if (answer->quiet) quiet_until_ = std::chrono::steady_clock::now() + quiet_time;
  if (answer->delay_ms > 0) {
    log::info("{}: login of {} from {} waits {} s: {}", who.session.empty() ? "-" : printable(who.session, 64),
              printable(who.user, 128), printable(who.client_address, 64), answer->delay_ms / 1000, answer->reason);
  }
  co_return std::chrono::milliseconds(answer->delay_ms);
}

void login_guard::report(login const& who, bool accepted, std::uint64_t secret_mark) {
  if (who.client_address.empty() && accepted) return;
  auto const name = name_of(who.user);
  auto const now = std::chrono::steady_clock::now();
  auto const subject = name + '\0' + who.client_address;
  if (!accepted) {
    told_.erase(subject);  // the next success takes back what was a slip
    quiet_until_ = {};
  } else if (auto const place = told_.find(subject); place != told_.end() && now - place->second < told_time) {
    return;
  } else {
    if (told_.size() >= remembered_max) told_.clear();
    told_.insert_or_assign(subject, now);
  }
  anvil_.tell(ipc::login_report{name, who.client_address, accepted, secret_mark});
}

std::uint64_t login_guard::mark_secret(std::string_view user, secret const& password) const {
  std::string text = name_of(user) + '\0';
  text += password.reveal();
  auto const digest = crypto::hmac(crypto::hash_algorithm::sha256, key_.reveal(), text);
  wipe(text);
  std::uint64_t mark = 0;
  for (std::size_t i = 0; i < sizeof mark; ++i) mark = mark << 8U | static_cast<unsigned char>(digest[i]);
  return mark == 0 ? 1 : mark;
}

void login_guard::on_revoked(std::string const& account) {
  to_close_.push_back(account);
  if (to_close_.size() == 1) scope_.spawn(close_windows(), "closing roaming windows");
}

net::task<> login_guard::close_windows() {
  while (!to_close_.empty()) {
    auto const closed = co_await anvil_.close_windows({to_close_.front(), {}, "its login was revoked or changed"});
    if (closed) {
      to_close_.pop_front();
    } else {
      co_await loop_.sleep(retry_pause);
    }
  }
}

}  // namespace postern::auth
