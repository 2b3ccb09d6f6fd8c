#include "delivery/smtp_delivery.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "delivery/delivery_line.hpp"
#include "delivery/envelope_words.hpp"

namespace postern::delivery {
namespace {

using clock = std::chrono::steady_clock;
using verdict = smtp::delivery_verdict;

ipc::recipient_outcome to_outcome(verdict value) {
  switch (value) {
    case verdict::delivered:
      return ipc::recipient_outcome::delivered;
    case verdict::deferred:
      return ipc::recipient_outcome::deferred;
    case verdict::bounced:
      return ipc::recipient_outcome::bounced;
  }
  return ipc::recipient_outcome::deferred;
}

// What a trial with soft_bounce makes of a bounce: it waits, and the log shows what it would have been.
void soften(smtp::delivery_outcome& outcome) {
  outcome.verdict = verdict::deferred;
  outcome.status.kind = 4;
}

std::string_view word_of(verdict value, bool is_probe) {
  if (is_probe) return value == verdict::delivered ? "deliverable" : "undeliverable";
  return value == verdict::delivered ? "sent" : value == verdict::deferred ? "deferred" : "bounced";
}

// The plain words of a transport's own finding, without a peer.
smtp::delivery_outcome own_finding(bool permanent, std::string_view status, std::string text) {
  smtp::delivery_outcome outcome;
  outcome.verdict = permanent ? verdict::bounced : verdict::deferred;
  outcome.status = message::parse_enhanced_status(status).value_or(message::enhanced_status{4, 0, 0});
  outcome.text = std::move(text);
  return outcome;
}

std::chrono::microseconds unix_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

// What is known of one request while hosts are tried.
class smtp_client::attempt {
 public:
  attempt(smtp_client& owner, ipc::delivery_request request, os::unique_fd segment)
      : owner_(owner),
        request_(std::move(request)),
        content_(std::move(segment), request_.extents),
        states_(request_.recipients.size()),
        started_unix_(unix_now()),
        started_(clock::now()) {}

  net::task<ipc::delivery_answer> run();

 private:
  struct recipient_state {
    bool settled = false;
    bool softened = false;
    std::optional<smtp::delivery_outcome> last;
    std::string relay = "none";
    std::string remote;
    unsigned connection_use = 1;
    bool dsn_passed_on = false;
  };

  net::task<bool> rewrite_envelope();
  std::unique_ptr<outbound_edit> make_edit() const;
  net::task<> try_idle_connections();
  net::task<> try_next_hop(std::string next_hop);
  net::task<> try_hosts(dns::next_hop hop, std::vector<target> targets);
  net::task<std::unique_ptr<smtp_connection>> open(dns::next_hop const& hop, target const& to);
  net::task<bool> transfer_over(std::unique_ptr<smtp_connection> connection);
  smtp::client_message make_message(std::vector<std::size_t> const& indexes) const;
  std::vector<std::size_t> open_recipients() const;
  void note_for_all(smtp::delivery_outcome const& outcome, target const* where);
  ipc::delivery_answer finish();
  void log(std::size_t index) const;

  smtp_client& owner_;
  ipc::delivery_request request_;
  content_source content_;
  std::string sender_;  // as they leave
  std::vector<std::string> recipients_;
  std::vector<recipient_state> states_;
  std::chrono::microseconds started_unix_;
  net::steady_time started_;
  net::steady_time connected_{};
  std::size_t sessions_ = 0;
  bool reached_ = false;        // some host took part in a conversation about this message
  bool final_refusal_ = false;  // a whole host refused for good: other hosts would too
  std::string trouble_;
};

std::vector<std::size_t> smtp_client::attempt::open_recipients() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].settled) out.push_back(i);
  }
  return out;
}

smtp::client_message smtp_client::attempt::make_message(std::vector<std::size_t> const& indexes) const {
  smtp::client_message out;
  out.ends_at_rcpt = request_.is_probe;
  out.from.reverse_path = sender_;
  out.from.smtputf8 = out.needs_smtputf8 = request_.smtputf8;
  out.from.body_given = !request_.body_type.empty();
  out.from.body = request_.body_type == "8BITMIME" ? smtp::body_kind::eight_bit_mime : smtp::body_kind::seven_bit;
  if (!request_.is_probe) out.from.size = request_.content_octets;
  out.from.ret = parse_ret(request_.ret);
  out.from.envelope_id = request_.envid;
  for (auto index : indexes) {
    auto const& recipient = request_.recipients[index];
    out.recipients.push_back({recipients_[index], recipient.orcpt, parse_notify(recipient.notify)});
  }
  return out;
}

void smtp_client::attempt::note_for_all(smtp::delivery_outcome const& outcome, target const* where) {
  for (auto index : open_recipients()) {
    auto& state = states_[index];
    state.last = outcome;
    state.relay = where == nullptr ? "none" : fmt::format("{}:{}", where->text(), where->port);
    state.remote = where == nullptr ? std::string{} : where->host;
  }
}

// Hands the message over for all open recipients. False: the connection was dead before it could begin.
net::task<bool> smtp_client::attempt::transfer_over(std::unique_ptr<smtp_connection> connection) {
  auto indexes = open_recipients();
  if (connected_ == net::steady_time{}) connected_ = clock::now();
  bool reused = connection->uses() > 0;
  auto const edit = make_edit();
  auto result = co_await connection->deliver(make_message(indexes), content_, edit.get());
  if (reused && !result.peer_answered) {
    owner_.cache_.retire(std::move(connection));
    co_return false;
  }
  reached_ = reached_ || result.peer_answered;
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    auto& state = states_[indexes[i]];
    state.last = std::move(result.outcomes[i]);
    state.settled = state.last->verdict != verdict::deferred;
    state.relay = connection->relay_text();
    state.remote = connection->where().host;
    state.connection_use = connection->uses();
    state.dsn_passed_on = result.dsn_passed_on;
  }
  owner_.cache_.give(request_.next_hop, std::move(connection));
  co_return true;
}

net::task<> smtp_client::attempt::try_idle_connections() {
  while (auto connection = owner_.cache_.take(request_.next_hop)) {
    if (co_await transfer_over(std::move(connection))) {
      ++sessions_;
      co_return;
    }
  }
}

net::task<std::unique_ptr<smtp_connection>> smtp_client::attempt::open(dns::next_hop const& hop, target const& to) {
  auto const& settings = owner_.settings_;
  maps::answers known;
  auto login = find_credentials(settings, to.host, request_.next_hop, known);
  auto tls = find_peer_tls(settings, to.host, request_.next_hop, known);
  while (auto wanted = known.take_wanted()) {
    auto told = co_await table_waiter(owner_.loop_, *owner_.lookups_).ask(*wanted);
    known.put(std::move(*wanted), std::move(told));
    login = find_credentials(settings, to.host, request_.next_hop, known);
    tls = find_peer_tls(settings, to.host, request_.next_hop, known);
  }
  if (!login || !tls) {
    trouble_ = login ? tls.error().text : "smtp_sasl_password_maps: " + login.error().text;
    note_for_all(own_finding(false, "4.3.0", trouble_), nullptr);
    co_return nullptr;
  }
  auto tls_name = tls->match == certificate_match::next_hop ? hop.host : to.host;
  for (;; *tls = {}) {
    auto connection = std::make_unique<smtp_connection>(owner_.loop_, settings, to, *tls, tls_name, *login);
    auto refused = co_await connection->open();
    if (!refused) co_return connection;
    bool spoken_to = connection->opened_at() != net::steady_time{};
    owner_.cache_.retire(std::move(connection));
    if (refused->try_without_tls && tls->level == smtp::tls_level::may) continue;
    trouble_ = refused->outcome.text;
    final_refusal_ = !refused->other_host_may_work;
    note_for_all(refused->outcome, spoken_to ? &to : nullptr);
    log::info("{}", refused->outcome.text);
    co_return nullptr;
  }
}

net::task<> smtp_client::attempt::try_hosts(dns::next_hop hop, std::vector<target> targets) {
  auto limit = owner_.settings_.session_limit;
  for (auto const& to : targets) {
    if (open_recipients().empty() || final_refusal_) co_return;
    if (limit != 0 && sessions_ >= limit) co_return;
    auto connection = co_await open(hop, to);
    if (!connection) continue;
    ++sessions_;
    co_await transfer_over(std::move(connection));
  }
}

net::task<> smtp_client::attempt::try_next_hop(std::string next_hop) {
  auto hop = dns::parse_next_hop(next_hop);
  if (!hop) {
    note_for_all(own_finding(true, "5.3.5", hop.error().text), nullptr);
    co_return;
  }
  auto hosts = co_await find_hosts(owner_.settings_, owner_.names_, *hop);
  if (!hosts.targets.empty()) {
    co_await try_hosts(*hop, std::move(hosts.targets));
    co_return;
  }
  if (!hosts.permanent) trouble_ = hosts.text;
  note_for_all(own_finding(hosts.permanent, hosts.status, hosts.text), nullptr);
}

// False: a table could not be asked, and all recipients were told so.
net::task<bool> smtp_client::attempt::rewrite_envelope() {
  sender_ = request_.sender;
  for (auto const& one : request_.recipients) recipients_.push_back(one.address);
  auto const& rules = owner_.settings_.rewriting;
  if (!rules || !rules->rewrites_addresses()) co_return true;
  std::vector<std::string*> addresses{&sender_};
  for (auto& one : recipients_) addresses.push_back(&one);
  for (auto* address : addresses) {
    auto mapped = co_await map_outbound(*rules, table_waiter(owner_.loop_, *owner_.lookups_), *address);
    if (!mapped) {
      trouble_ = "smtp_generic_maps: " + mapped.error().text;
      note_for_all(own_finding(false, "4.3.0", trouble_), nullptr);
      co_return false;
    }
    *address = std::move(*mapped);
  }
  co_return true;
}

std::unique_ptr<outbound_edit> smtp_client::attempt::make_edit() const {
  auto const& rules = owner_.settings_.rewriting;
  if (!rules) return nullptr;
  rewrite::message_origin origin;
  origin.queue_id = request_.queue_id;
  origin.client = request_.transport;
  origin.sender = request_.sender;
  if (!request_.recipients.empty()) origin.recipient = request_.recipients.front().address;
  return std::make_unique<outbound_edit>(*rules, table_waiter(owner_.loop_, *owner_.lookups_), std::move(origin));
}

net::task<ipc::delivery_answer> smtp_client::attempt::run() {
  if (!co_await rewrite_envelope()) co_return finish();
  co_await try_idle_connections();
  if (!open_recipients().empty()) co_await try_next_hop(request_.next_hop);
  for (auto const& fallback : owner_.settings_.fallback_relays) {
    if (open_recipients().empty() || final_refusal_) break;
    co_await try_next_hop(fallback);
  }
  co_return finish();
}

void smtp_client::attempt::log(std::size_t index) const {
  auto const& state = states_[index];
  auto const& recipient = request_.recipients[index];
  auto connected = connected_ == net::steady_time{} ? clock::now() : connected_;
  auto status = state.last->status.text();
  delivery_line line;
  line.queue_id = request_.queue_id;
  line.session_id = request_.session_id;
  line.recipient = recipient.address;
  line.original = recipient.original_address;
  line.relay = state.relay;
  line.connection_use = state.connection_use;
  line.before_queue_manager = std::chrono::microseconds(request_.active_unix_us - request_.arrival_unix_us);
  line.in_queue_manager = started_unix_ - std::chrono::microseconds(request_.active_unix_us);
  line.connection_setup = std::chrono::duration_cast<log_duration>(connected - started_);
  line.transmission = std::chrono::duration_cast<log_duration>(clock::now() - connected);
  line.status = status;
  line.word = state.softened ? "SOFTBOUNCE" : word_of(state.last->verdict, request_.is_probe);
  line.text = state.last->text;
  log::info("{}", format_delivery_line(line));
}

ipc::delivery_answer smtp_client::attempt::finish() {
  ipc::delivery_answer answer;
  answer.id = request_.id;
  answer.hint = reached_ ? ipc::destination_hint::good : ipc::destination_hint::none;
  if (!reached_ && !trouble_.empty()) answer.hint = ipc::destination_hint::trouble;
  answer.hint_text = trouble_;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    auto& state = states_[i];
    if (!state.last) state.last = own_finding(false, "4.3.0", "no host was tried");
    state.softened = owner_.settings_.soft_bounce && !request_.is_probe && state.last->verdict == verdict::bounced;
    if (state.softened) soften(*state.last);
    log(i);
    ipc::recipient_answer one;
    one.index = i;
    one.outcome = to_outcome(state.last->verdict);
    one.status = state.last->status.text();
    one.text = state.last->text;
    one.remote_mta = state.remote;
    one.diagnostic = state.last->diagnostic;
    one.dsn_passed_on = state.dsn_passed_on;
    answer.recipients.push_back(std::move(one));
  }
  return answer;
}

smtp_client::smtp_client(net::event_loop& loop, smtp_settings settings, net::resolver& names)
    : loop_(loop), settings_(std::move(settings)), names_(names), cache_(loop, settings_) {
  constexpr std::size_t workers = 2, waiting_max = 1000;
  if (settings_.rewriting || asks_tables_that_block(settings_))
    lookups_ = std::make_unique<maps::lookup_pool>(workers, waiting_max);
}

net::task<ipc::delivery_answer> smtp_client::deliver(ipc::delivery_request request, os::unique_fd segment) {
  attempt work(*this, std::move(request), std::move(segment));
  co_return co_await work.run();
}

net::task<bool> smtp_client::stop(std::chrono::milliseconds within) { co_return co_await cache_.close_all(within); }

}  // namespace postern::delivery
