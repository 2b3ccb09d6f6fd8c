#include "receive/anvil_watch.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "policy/account_hold.hpp"

namespace postern::receive {
namespace {

using ipc::client_event;

constexpr std::string_view account_prefix = "sasl:";

anvil_watch::window_answer no_window(std::string why) { return {{}, std::move(why)}; }

}  // namespace

anvil_watch::anvil_watch(ipc::anvil_client* anvil, std::shared_ptr<anvil_settings const> how, peer const& client)
    : anvil_(anvil), how_(std::move(how)), client_(client) {}

anvil_watch::~anvil_watch() { leave(); }

void anvil_watch::leave() {
  if (!counted_address_.empty()) anvil_->left(how_->service_name, std::exchange(counted_address_, {}));
  connections_ = 0;
}

bool anvil_watch::is_excepted() const {
  return how_->excepted_networks.find(client_.address) != nullptr ||
         (client_.name != "unknown" && how_->excepted_names.matches(lowercase(client_.name)));
}

net::task<anvil_watch::refusal> anvil_watch::count(limit by, std::string subject) {
  if (by.most == 0 || anvil_ == nullptr || is_excepted()) co_return std::nullopt;
  bool const by_account = subject.starts_with(account_prefix);
  auto const sum = co_await anvil_->count({by.what, how_->service_name, std::move(subject)});
  if (!sum || sum->rate <= by.most) co_return std::nullopt;
  log::warning("{} limit exceeded: {} from {} for service {}{}", by.log_words, sum->rate, client_.text(),
               how_->service_name, by_account ? " (of the account)" : "");
  co_return smtp::reply{by.code, std::string(by.enhanced),
                        fmt::format("Error: {} from {}", by.reply_words, client_.address.text())};
}

net::task<anvil_watch::refusal> anvil_watch::on_connect() {
  leave();
  auto const& limits = how_->client;
  if (anvil_ == nullptr || (limits.connection_count == 0 && limits.connection_rate == 0) || is_excepted()) {
    co_return std::nullopt;
  }
  counted_address_ = client_.address.text();
  auto const sum = co_await anvil_->count({client_event::connection, how_->service_name, counted_address_});
  if (!sum) co_return std::nullopt;
  connections_ = sum->connections;
  bool const too_many = limits.connection_count > 0 && sum->connections > limits.connection_count;
  bool const too_often = limits.connection_rate > 0 && sum->rate > limits.connection_rate;
  if (!too_many && !too_often) co_return std::nullopt;
  log::warning("Connection {} limit exceeded: {} from {} for service {}", too_many ? "concurrency" : "rate",
               too_many ? sum->connections : sum->rate, client_.text(), how_->service_name);
  co_return smtp::reply{421, "4.7.0",
                        fmt::format("{} Error: too many connections from {}", how_->host_name, client_.address.text())};
}

net::task<anvil_watch::refusal> anvil_watch::on_auth() {
  return count(
      {client_event::auth, how_->client.auth_rate, "AUTH command rate", 450, "4.7.1", "too many AUTH commands"},
      client_.address.text());
}

// Who is logged in is counted as the account, from wherever it comes; all others by their address.
net::task<anvil_watch::refusal> anvil_watch::on_message(std::string const& user) {
  window_.reset();
  auto const most = user.empty() ? how_->client.message_rate : how_->account_message_rate;
  return count({client_event::message, most, "Message delivery request rate", 450, "4.7.1", "too much mail"},
               user.empty() ? client_.address.text() : std::string(account_prefix) + user);
}

net::task<anvil_watch::refusal> anvil_watch::on_recipient(std::string const& user) {
  auto const most = user.empty() ? how_->client.recipient_rate : how_->account_recipient_rate;
  return count({client_event::recipient, most, "Recipient address rate", 450, "4.7.1", "too many recipients"},
               user.empty() ? client_.address.text() : std::string(account_prefix) + user);
}

net::task<anvil_watch::refusal> anvil_watch::before_tls(bool wrapper_mode) {
  auto const most = how_->client.new_tls_session_rate;
  if (most == 0 || anvil_ == nullptr || is_excepted()) co_return std::nullopt;
  auto const sum = co_await anvil_->count({client_event::tls_session_look, how_->service_name, client_.address.text()});
  if (!sum || sum->rate <= most) co_return std::nullopt;
  log::warning("Refusing {} request from {} for service {}", wrapper_mode ? "TLS service" : "STARTTLS", client_.text(),
               how_->service_name);
  co_return smtp::reply{454, "4.7.0", fmt::format("Error: too many new TLS sessions from {}", client_.text())};
}

net::task<anvil_watch::refusal> anvil_watch::after_tls(bool resumed) {
  auto const most = how_->client.new_tls_session_rate;
  if (resumed || most == 0 || anvil_ == nullptr || is_excepted()) co_return std::nullopt;
  auto const sum = co_await anvil_->count({client_event::new_tls_session, how_->service_name, client_.address.text()});
  if (!sum || sum->rate <= most) co_return std::nullopt;
  log::warning("New TLS session rate limit exceeded: {} from {} for service {}", sum->rate, client_.text(),
               how_->service_name);
  co_return smtp::reply{421, "4.7.0",
                        fmt::format("{} Error: too many new TLS sessions from {}", how_->host_name, client_.text())};
}

// ---- roaming windows

net::task<anvil_watch::window_answer> anvil_watch::find_window(std::string address, std::string sender,
                                                               owner_sources ask) {
  if (window_ && window_->first == sender) co_return window_->second;
  if (anvil_ == nullptr) co_return no_window("there is no anvil here");
  auto const windows = co_await anvil_->find_windows(address);
  if (!windows) co_return no_window("anvil does not answer");
  auto answer = no_window(std::string(nobody_read_mail));
  for (auto const& one : *windows) {
    if (auto why = co_await find_objection(*how_, one.account, sender, ask)) {
      answer.explanation = std::move(*why);
      continue;
    }
    auto const sum = co_await anvil_->use_window({one.account, address});
    if (!sum || sum->rate == 0) continue;  // closed meanwhile
    if (how_->window_message_rate > 0 && sum->rate > how_->window_message_rate) {
      answer.explanation = fmt::format("{} messages have passed the window of {} (roaming_message_rate_limit)",
                                       sum->rate, printable(one.account, 128));
      continue;
    }
    log::info("roaming window used: account={}, client={}, from=<{}>, opened by {}", printable(one.account, 128),
              client_.text(), printable(sender, 320), printable(one.origin, 64));
    answer = {one.account, fmt::format("{} logged in at {} from {}", one.account, one.origin, one.network)};
    break;
  }
  window_.emplace(std::move(sender), answer);
  co_return answer;
}

// ---- accounts

// anvil is away: who was held stays held, all others do as account_limit_default_action says.
anvil_watch::account_standing anvil_watch::guess_account(std::string const& user) const {
  if (auto const* reason = anvil_->remembered_hold(user)) return {{}, policy::format_account_hold(user) + *reason};
  if (how_->trusts_unwatched) {
    log::warning("{} sends uncounted: anvil does not answer (account_limit_default_action)", printable(user, 128));
    return {};
  }
  log::warning("{} is told to try later: anvil does not answer (account_limit_default_action)", printable(user, 128));
  return {smtp::reply{451, "4.3.0", "Error: temporary lookup failure"}, {}};
}

net::task<anvil_watch::account_standing> anvil_watch::ask_account(std::string user, std::vector<std::string> recipients,
                                                                  std::string country) {
  if (anvil_ == nullptr || !how_->watches_accounts || user.empty()) co_return account_standing{};
  auto const verdict =
      co_await anvil_->use_account({user, client_.address.text(), std::move(recipients), std::move(country)});
  if (!verdict) co_return guess_account(user);
  if (!verdict->hold) co_return account_standing{};
  co_return account_standing{{}, policy::format_account_hold(user) + verdict->reason};
}

}  // namespace postern::receive
