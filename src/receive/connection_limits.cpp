// Limits of clients and accounts: between the session and anvil.
#include "base/log.hpp"
#include "base/text.hpp"
#include "receive/connection.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {
namespace {

constexpr std::size_t country_octets_max = 64;

}  // namespace

// Whoever may say XCLIENT speaks for many: they are counted, once it has said who it is.
net::task<anvil_watch::refusal> connection::count_connection() {
  if (settings_->balancer.xclient_hosts.find(peer_.address) != nullptr) co_return std::nullopt;
  co_return co_await anvil_.on_connect();
}

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

// A table that fails costs nobody his mail: the limit of countries is not in force then.
net::task<std::string> connection::find_country() {
  auto const& tables = settings_->anvil->countries;
  if (tables.empty() || account().empty()) co_return std::string();
  auto const found = co_await find_value(parts_.loop, parts_.lookups, tables, peer_.address.text());
  if (!found) log::warning("account_country_maps: {}, session={}", found.error().text, session_id_);
  if (!found || !*found) co_return std::string();
  co_return printable(trim((*found)->value), country_octets_max);
}

// Asks once a message, when all its recipients are known, whether its account may still send.
net::task<connection::next_actions> connection::refuse_data() {
  std::vector<std::string> recipients;
  recipients.reserve(recipients_.size());
  for (auto const& one : recipients_) recipients.push_back(one.address());
  auto country = co_await find_country();
  auto standing = co_await anvil_.ask_account(account(), std::move(recipients), std::move(country));
  if (standing.hold) actions_.hold = std::move(standing.hold);
  if (!standing.refused) co_return std::nullopt;
  co_return protocol_.on_data_verdict(smtp::verdict::refuse(std::move(*standing.refused)));
}

}  // namespace postern::receive
