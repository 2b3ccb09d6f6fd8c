// STARTTLS and wrapper mode.
#include <fmt/format.h>

#include "base/log.hpp"
#include "receive/connection.hpp"

namespace postern::receive {

net::task<bool> connection::shake_hands() {
  if (!settings_->tls) {
    log_.tls_failed(settings_->tls_trouble.empty() ? "no certificate is configured" : settings_->tls_trouble);
    co_return false;
  }
  auto session = net::tls_session::accept(*settings_->tls, stream_.native_handle());
  auto shaken = co_await stream_.start_tls(std::move(session), settings_->starttls_timeout);
  if (!shaken) {
    log_.tls_failed(shaken.error().text);
    gone_ = true;
    co_return false;
  }
  tls_info_ = stream_.tls()->info();
  auto const unusable = co_await check_device_certificate();
  log_.tls_established(*tls_info_, settings_->tls->chooses_by_name(), settings_->tls_log_level);
  co_return co_await admit_tls_session() && co_await admit_client_certificate(unusable);
}

net::task<connection::next_actions> connection::answer_start_tls() {
  if (parts_.anvil != nullptr && settings_->anvil->client.new_tls_session_rate > 0) {
    if (auto why = co_await anvil_.before_tls(false)) co_return protocol_.on_tls_refused(*why);
    co_await perform(protocol_.on_tls_permitted());
  }
  if (!co_await flush()) co_return std::nullopt;
  // What came behind STARTTLS in the clear may be an attacker's; nobody ever sees it. [RFC 3207 §5, CVE-2011-0411]
  if (!input_.empty()) log_.note("discarding plaintext that was sent behind STARTTLS");
  input_.clear();
  bool shaken = co_await shake_hands();
  if (!shaken) co_return protocol_.on_tls_failed();
  co_await prepare_offer();
  co_return protocol_.on_tls_established();
}

}  // namespace postern::receive
