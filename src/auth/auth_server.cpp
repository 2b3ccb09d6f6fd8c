#include "auth/auth_server.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/ranges.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/stream.hpp"
#include "os/passwd_file.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

// Front ends keep their connection for as long as they live, so a quiet one is none that hangs.
constexpr auto quiet_time = std::chrono::hours(24);
constexpr auto tick_interval = std::chrono::milliseconds(100);
constexpr std::size_t read_octets = 16 * 1024;

auth_session::time_point now() { return std::chrono::steady_clock::now(); }

std::string make_cookie() {
  std::string hex;
  for (unsigned char const octet : os::random_octets(16)) hex += fmt::format("{:02x}", octet);
  return hex;
}

}  // namespace

struct auth_server::connection {
  connection(net::event_loop& loop, os::unique_fd socket, session_options const& how, std::uint32_t number)
      : stream(loop, std::move(socket)), session(how, number, make_cookie()) {}

  net::stream stream;
  auth_session session;
  sasl::dovecot::line_buffer input;
  std::string output;  ///< what write_out() has not taken yet
  bool writing = false;
  bool closed = false;
  bool spoke = false;                 ///< a whole line came
  bool gathering = false;             ///< all lines that came in together are answered together
  std::vector<log_action> log_later;  ///< a client waits for its answer, nobody for the log line
  std::unordered_map<exchange_serial, verifier::question> questions;
  std::unordered_set<exchange_serial> delayed;  ///< questions that wait for wrong logins before them
};

auth_server::auth_server(net::event_loop& loop, options how)
    : loop_(loop),
      options_(std::move(how)),
      verifier_(options_.verification, [&loop](std::function<void()> work) { loop.post(std::move(work)); }),
      self_(std::make_shared<auth_server*>(this)),
      scope_(loop) {}

auth_server::~auth_server() { *self_ = nullptr; }

void auth_server::serve(os::unique_fd listening) {
  auto& from = listeners_.emplace_back(loop_, std::move(listening));
  scope_.spawn(from.accept_each([this](os::unique_fd socket) { open_connection(std::move(socket)); }),
               "accepting on the auth socket");
  if (options_.guard) keep_polling();  // windows are closed whether or not there are front ends
}

net::task<> auth_server::shut_down(std::chrono::milliseconds within) {
  constexpr auto pause = std::chrono::milliseconds(20);
  for (auto& listener : listeners_) listener.stop();
  auto const until = now() + within;
  while ((busy() || writing()) && now() < until) co_await loop_.sleep(pause);
  for (auto const& on : std::list(connections_)) close_connection(on, {});
  co_await scope_.join(within);
}

bool auth_server::busy() const {
  return std::ranges::any_of(connections_, [](auto const& on) { return on->session.exchanges() > 0; });
}

bool auth_server::writing() const {
  return std::ranges::any_of(connections_, [](auto const& on) { return on->writing; });
}

// ---- connections

void auth_server::open_connection(os::unique_fd socket) {
  if (connections_.size() >= options_.connections_max && !drop_silent()) {
    log::warning("auth socket: {} front ends are connected already (authd_connection_limit)", connections_.size());
    return;
  }
  renew_offer();
  auto on = std::make_shared<connection>(loop_, std::move(socket), options_.session, ++last_connection_);
  connections_.push_back(on);
  on->output = on->session.greeting();
  flush(on);
  keep_polling();
  scope_.spawn(serve_connection(std::move(on)), "serving a front end");
}

bool auth_server::drop_silent() {
  auto const silent = std::ranges::find(connections_, false, [](auto const& on) { return on->spoke; });
  if (silent == connections_.end()) return false;
  close_connection(connection_pointer(*silent),
                   "it has never said anything, and others want to (authd_connection_limit)");
  return true;
}

void auth_server::close_connection(connection_pointer const& on, std::string_view reason) {
  if (on->closed) return;
  on->closed = true;
  if (!reason.empty()) log::warning("auth socket: closing a front end's connection: {}", reason);
  perform(on, on->session.on_closed());
  on->stream.close();
  connections_.remove(on);
}

net::task<> auth_server::serve_connection(connection_pointer on) {
  std::string octets(read_octets, '\0');
  while (!on->closed) {
    auto const got = co_await on->stream.read_some(octets, quiet_time);
    if (!got && got.error().problem == net::io_problem::timed_out && !on->closed) continue;
    if (!got) break;
    on->input.append(std::string_view(octets).substr(0, *got));
    wipe(octets.data(), *got);
    answer_lines(on);
    if (on->input.overflowed()) close_connection(on, "a line is longer than the auth protocol allows");
    keep_ticking();
  }
  close_connection(on, {});
}

void auth_server::answer_lines(connection_pointer const& on) {
  on->gathering = true;
  verifier::turn const together(verifier_);
  while (!on->closed) {
    auto const line = on->input.take_line();
    if (!line) break;
    on->spoke = true;
    perform(on, on->session.on_line(*line, now()));
  }
  on->gathering = false;
  finish_turn(on);
}

void auth_server::finish_turn(connection_pointer const& on) {
  if (!on->closed) flush(on);
  for (auto const& line : std::exchange(on->log_later, {})) {
    log::write(line.is_warning ? log::level::warning : log::level::info, line.text);
  }
}

// ---- writing

void auth_server::flush(connection_pointer const& on) {
  if (on->output.size() > options_.unread_octets_max) return close_connection(on, "it does not read its answers");
  if (on->writing || on->output.empty()) return;
  on->writing = true;
  scope_.spawn(write_out(on), "answering a front end");
}

net::task<> auth_server::write_out(connection_pointer on) {
  while (!on->output.empty() && !on->closed) {
    std::string const text = std::exchange(on->output, {});
    auto const written = co_await on->stream.write(text, options_.write_time);
    if (!written) {
      close_connection(on, written.error().problem == net::io_problem::timed_out ? "it does not read its answers" : "");
    }
  }
  on->writing = false;
}

// ---- actions

void auth_server::perform(connection_pointer const& on, session_actions actions) {
  for (auto& action : actions) {
    if (auto* const send = std::get_if<send_action>(&action)) {
      on->output += send->text;
    } else if (auto* const ask = std::get_if<ask_action>(&action)) {
      perform_one(on, *ask);
    } else if (auto const* const forget = std::get_if<forget_action>(&action)) {
      if (auto question = on->questions.extract(forget->serial)) question.mapped().cancel();
      on->delayed.erase(forget->serial);
    } else if (auto const* const lookup = std::get_if<lookup_action>(&action)) {
      perform_one(on, *lookup);
    } else if (auto const* const certificate = std::get_if<certificate_action>(&action)) {
      perform_one(on, *certificate);
    } else if (auto const* const recall = std::get_if<recall_action>(&action)) {
      perform_one(on, *recall);
    } else if (auto* const line = std::get_if<log_action>(&action)) {
      on->log_later.push_back(std::move(*line));
    } else if (auto const* const report = std::get_if<report_action>(&action)) {
      if (options_.guard) options_.guard->report(report->who, report->accepted, report->secret_mark);
    } else if (auto const* const close = std::get_if<close_action>(&action)) {
      close_connection(on, close->reason);
    }
  }
  if (!on->gathering) finish_turn(on);
}

void auth_server::perform_one(connection_pointer const& on, ask_action& action) {
  // What is proved already need not wait.
  bool const is_proved = std::holds_alternative<admission_query>(action.what);
  if (!options_.guard || options_.guard->is_quiet() || is_proved) return ask_verifier(on, action);
  on->delayed.insert(action.serial);
  scope_.spawn(ask_when_due(on, std::make_shared<ask_action>(std::move(action))), "a login that may have to wait");
}

// Right and wrong secrets wait alike, before anybody looks at them: who hangs up early has learnt nothing.
net::task<> auth_server::ask_when_due(connection_pointer on, std::shared_ptr<ask_action> action) {
  auto const delay = co_await options_.guard->find_delay(action->who);
  if (delay.count() > 0) co_await loop_.sleep(delay);
  if (on->delayed.erase(action->serial) == 0 || on->closed) co_return;
  ask_verifier(on, *action);
}

void auth_server::ask_verifier(connection_pointer const& on, ask_action& action) {
  // What was revoked before is no reason to refuse this login, nor to end the session that it opens.
  if (verifier_.changes() != revocations_told_) tell_revocations();
  auto const serial = action.serial;
  std::weak_ptr<connection> const back = on;
  auto question = verifier_.ask(std::move(action.who), std::move(action.what), [this, back, serial](query_reply reply) {
    auto const there = back.lock();
    if (!there || there->closed) return;
    there->questions.erase(serial);
    perform(there, there->session.on_reply(serial, std::move(reply), now()));
  });
  if (question.pending()) on->questions.emplace(serial, std::move(question));
}

void auth_server::perform_one(connection_pointer const& on, lookup_action const& action) {
  auto account = verifier_.find_account(action.user);
  if (account && !*account && options_.system_users) {
    if (auto const there = os::passwd_file_has_user(action.user); !there) {
      account = std::unexpected(there.error());
    } else if (*there) {
      *account = action.user;
    }
  }
  if (!account) log::error("{}", account.error().text);
  // The answer names the account, not the spelling that was asked for: mailboxes are called after it.
  auto answered = action;
  if (account && *account) answered.user = **account;
  perform(on, on->session.on_exists(answered, account ? std::optional(account->has_value()) : std::nullopt));
}

void auth_server::perform_one(connection_pointer const& on, certificate_action const& action) {
  // As with a login: what was revoked before does not end the session that begins with the answer.
  if (verifier_.changes() != revocations_told_) tell_revocations();
  verdict said{.code = verdict_code::store_unavailable, .detail = "the sources of credentials cannot be opened"};
  auto const* const sources = verifier_.sources();
  for (std::size_t i = 0; sources != nullptr && i < sources->size(); ++i) {
    said = (*sources)[i]->check_certificate(action.who, action.fingerprint);
    if (said.code != verdict_code::unknown_user) break;
  }
  perform(on, on->session.on_certificate(action, said));
}

void auth_server::perform_one(connection_pointer const& on, recall_action const& action) {
  auto const* const sources = verifier_.sources();
  for (std::size_t i = 0; sources != nullptr && i < sources->size(); ++i) {
    if (auto const missed = (*sources)[i]->revoked_after(action.since)) perform(on, on->session.on_recalled(*missed));
  }
}

// ---- time

void auth_server::keep_ticking() {
  if (ticking_ || !busy()) return;
  ticking_ = true;
  loop_.every(tick_interval, [self = self_] { return *self != nullptr && (*self)->tick(); });
}

bool auth_server::tick() {
  for (auto const& on : std::list(connections_)) perform(on, on->session.on_tick(now()));
  ticking_ = busy();
  return ticking_;
}

void auth_server::keep_polling() {
  if (polling_) return;
  polling_ = true;
  loop_.every(options_.poll_interval, [self = self_] { return *self != nullptr && (*self)->poll(); });
}

void auth_server::tell_revocations() {
  revocations_told_ = verifier_.changes();
  for (auto const& revoked : verifier_.poll_revocations()) {
    log::info("{} is revoked or has expired{}", printable(revoked.account, 128),
              revoked.credential
                  ? ": " + (revoked.credential->empty() ? "the password" : printable(*revoked.credential, 64))
                  : " altogether");
    if (options_.guard) options_.guard->on_revoked(revoked.account);
    for (auto const& on : std::list(connections_)) perform(on, on->session.on_revoked(revoked));
  }
}

bool auth_server::poll() {
  tell_revocations();
  renew_offer();
  for (auto const& on : std::list(connections_)) perform(on, on->session.on_offer());
  polling_ = !connections_.empty() || options_.guard;
  return polling_;
}

void auth_server::renew_offer() {
  if (!options_.offer) return;
  auto const changes = verifier_.changes();
  if (changes == offer_changes_ && now() < offer_due_) return;
  auto const* const sources = verifier_.sources();
  if (sources == nullptr) return;
  offer_changes_ = changes;
  offer_due_ = now() + options_.offer_interval;
  auto offered = options_.offer(*sources);
  if (offered == options_.session.mechanisms) return;
  log::info("mechanisms offered from here on: {}", fmt::join(offered, " "));
  options_.session.mechanisms = std::move(offered);
}

}  // namespace postern::auth
