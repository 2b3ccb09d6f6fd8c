// Limits of clients and accounts: between the session and anvil.
#include "receive/connection.hpp"

namespace postern::receive {

net::task<bool> connection::begin_wrapped() {
  if (co_await anvil_.before_tls(true)) co_return false;
  co_return co_await shake_hands();
}

// False: the client has heard why it may not go on.
net::task<bool> connection::admit_tls_session() {
  auto why = co_await anvil_.after_tls(tls_info_->resumed);
  if (!why) co_return true;
  // After STARTTLS the client speaks first: see admit_client_certificate().
  if (!settings_->wrapper_mode && !co_await read_more()) co_return false;
  reply(smtp::format_reply(*why));
  co_await flush();
  co_return false;
}

// Whoever is anonymous is nobody's account.
std::string connection::account() const {
  return protocol_.mechanism() == "ANONYMOUS" ? std::string() : protocol_.user();
}

net::task<connection::next_actions> connection::refuse_sender() {
  auto why = co_await anvil_.on_message(account());
  if (!why) co_return std::nullopt;
  co_return protocol_.on_sender_verdict(smtp::verdict::refuse(std::move(*why)));
}

// Asks once a message, when all its recipients are known, whether its account may still send.
net::task<connection::next_actions> connection::refuse_data() {
  std::vector<std::string> recipients;
  recipients.reserve(recipients_.size());
  for (auto const& one : recipients_) recipients.push_back(one.address());
  auto standing = co_await anvil_.ask_account(account(), std::move(recipients));
  if (standing.hold) actions_.hold = std::move(standing.hold);
  if (!standing.refused) co_return std::nullopt;
  co_return protocol_.on_data_verdict(smtp::verdict::refuse(std::move(*standing.refused)));
}

}  // namespace postern::receive
