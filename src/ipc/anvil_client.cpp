#include "ipc/anvil_client.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "net/stream.hpp"

namespace postern::ipc {
namespace {

constexpr auto reconnect_pause_min = std::chrono::milliseconds(20);
constexpr auto reconnect_pause_max = std::chrono::milliseconds(2000);
constexpr auto connect_timeout = std::chrono::seconds(5);
constexpr auto no_deadline = std::chrono::hours(24 * 365);
constexpr std::size_t unanswered_max = 10'000;
constexpr std::size_t held_accounts_max = 10'000;
constexpr auto command_limit = std::chrono::seconds(30);

anvil_hello our_hello() { return {anvil_protocol_version, static_cast<std::uint64_t>(::getpid())}; }

template <class Answer>
std::optional<Answer> take(std::optional<anvil_answer> from) {
  auto* const found = from ? std::get_if<Answer>(&*from) : nullptr;
  return found == nullptr ? std::nullopt : std::optional(std::move(*found));
}

result<std::uint64_t> count_of(std::optional<anvil_done> const& done) {
  if (!done) return fail("anvil does not answer");
  if (!done->ok) return fail(done->text);
  return done->count;
}

}  // namespace

anvil_client::anvil_client(net::event_loop& loop, std::string socket_path, std::chrono::milliseconds patience)
    : loop_(loop), socket_path_(std::move(socket_path)), patience_(patience) {}

net::task<> anvil_client::run() {
  auto pause = reconnect_pause_min;
  bool told = false;
  for (;;) {
    auto connected = co_await net::connect_unix(loop_, socket_path_, connect_timeout);
    if (connected) {
      auto const begun = std::chrono::steady_clock::now();
      channel_ = std::make_unique<channel>(loop_, (*connected)->release());
      hopeless_ = false;
      co_await converse();
      channel_.reset();
      if (std::chrono::steady_clock::now() - begun > reconnect_pause_max) pause = reconnect_pause_min;
      told = false;
    } else {
      // masterd holds the socket open while anvil starts anew: here there is none at all.
      hopeless_ = true;
      if (!std::exchange(told, true)) {
        log::warning("anvil is away: connect to {}: {}", socket_path_, connected.error().text);
      }
    }
    co_await loop_.sleep(pause);
    pause = std::min(pause * 2, reconnect_pause_max);
  }
}

net::task<> anvil_client::converse() {
  channel_->post(format_anvil_request(0, our_hello()));
  for (auto const& [who, connections] : standing_) {
    channel_->post(format_anvil_request(0, standing_clients{who.first, who.second, connections}));
  }
  for (auto const& [number, asked] : waiting_) channel_->post(format_anvil_request(number, asked.request));
  for (;;) {
    auto in = co_await channel_->receive(no_deadline);
    if (!in && in.error().problem == net::io_problem::cancelled) co_return;
    if (!in) co_return log::warning("connection to {} lost: {}", socket_path_, in.error().text);
    auto parsed = parse_anvil_answer(*in);
    if (!parsed) co_return log::error("{}: {}", socket_path_, parsed.error().text);
    answer(std::move(*parsed));
  }
}

void anvil_client::answer(numbered<anvil_answer> in) {
  hopeless_ = false;
  auto const place = waiting_.find(in.number);
  if (place == waiting_.end()) return;  // who asked has gone on without
  auto* const waiter = place->second.waiter;
  waiting_.erase(place);
  waiter->answer(std::move(in.body));
}

net::task<std::optional<anvil_answer>> anvil_client::ask(anvil_request request) {
  auto const number = ++last_number_;
  if (channel_) channel_->post(format_anvil_request(number, request));
  // The answer to a question that nobody waits for tells that there is hope again.
  if (hopeless_ || waiting_.size() >= unanswered_max) co_return std::nullopt;
  net::one_shot<anvil_answer> here(loop_);
  waiting_.emplace(number, question{std::move(request), &here});
  auto came = co_await here.wait(patience_);
  waiting_.erase(number);
  if (!came && !std::exchange(hopeless_, true)) {
    log::warning("anvil does not answer at {} within {} ms; going on without it", socket_path_, patience_.count());
  }
  co_return came;
}

void anvil_client::tell(anvil_request const& request) {
  if (channel_) channel_->post(format_anvil_request(0, request));
}

net::task<std::optional<client_counts>> anvil_client::count(count_event event) {
  if (event.what == client_event::connection) ++standing_[{event.service, event.client}];
  co_return take<client_counts>(co_await ask(std::move(event)));
}

void anvil_client::left(std::string const& service, std::string const& client) {
  auto const place = standing_.find({service, client});
  if (place == standing_.end()) return;
  if (--place->second == 0) standing_.erase(place);
  tell(client_left{service, client});
}

net::task<std::optional<std::vector<roaming_window>>> anvil_client::find_windows(std::string address) {
  auto found = take<window_list>(co_await ask(window_query{std::move(address)}));
  if (!found) co_return std::nullopt;
  co_return std::move(found->windows);
}

net::task<std::optional<client_counts>> anvil_client::use_window(window_use use) {
  co_return take<client_counts>(co_await ask(std::move(use)));
}

net::task<result<>> anvil_client::open_window(window_opening window) {
  auto done = count_of(take<anvil_done>(co_await ask(std::move(window))));
  if (!done) co_return std::unexpected(done.error());
  co_return result<>{};
}

net::task<result<std::uint64_t>> anvil_client::close_windows(window_closing which) {
  co_return count_of(take<anvil_done>(co_await ask(std::move(which))));
}

net::task<std::optional<login_delay>> anvil_client::check_login(login_query query) {
  co_return take<login_delay>(co_await ask(std::move(query)));
}

net::task<std::optional<account_verdict>> anvil_client::use_account(account_use use) {
  auto const account = use.account;
  auto verdict = take<account_verdict>(co_await ask(std::move(use)));
  if (verdict && !verdict->hold) held_accounts_.erase(account);
  if (verdict && verdict->hold && (held_accounts_.size() < held_accounts_max || held_accounts_.contains(account))) {
    held_accounts_[account] = verdict->reason;
  }
  co_return verdict;
}

std::string const* anvil_client::remembered_hold(std::string const& account) const {
  auto const place = held_accounts_.find(account);
  return place == held_accounts_.end() ? nullptr : &place->second;
}

// ---- commands

namespace {

using outcome = std::optional<result<anvil_answer>>;

net::task<result<anvil_answer>> converse_once(net::event_loop& loop, std::string path, anvil_request request) {
  auto connected = co_await net::connect_unix(loop, path, connect_timeout);
  if (!connected) co_return fail("anvil does not answer at " + path + ": " + connected.error().text);
  channel to(loop, (*connected)->release());
  to.post(format_anvil_request(0, our_hello()));
  to.post(format_anvil_request(1, request));
  auto in = co_await to.receive(command_limit);
  if (!in) co_return fail(path + ": " + in.error().text);
  auto parsed = parse_anvil_answer(*in);
  if (!parsed) co_return std::unexpected(parsed.error());
  co_return std::move(parsed->body);
}

net::task<> keep(net::event_loop& loop, std::string path, anvil_request request, outcome& into) {
  into = co_await converse_once(loop, std::move(path), std::move(request));
}

}  // namespace

result<anvil_answer> ask_anvil(std::string const& socket_path, anvil_request const& request) {
  net::event_loop loop;
  net::task_scope scope(loop);
  outcome answer;
  scope.spawn(keep(loop, socket_path, request, answer), "asking anvil");
  while (scope.size() > 0) loop.context().run_one();
  return std::move(*answer);
}

result<std::uint64_t> command_anvil(std::string const& socket_path, anvil_request const& request) {
  auto const answer = ask_anvil(socket_path, request);
  if (!answer) return std::unexpected(answer.error());
  auto const* const done = std::get_if<anvil_done>(&*answer);
  if (done == nullptr) return fail("anvil gave another answer than was asked for");
  if (!done->ok) return fail(done->text);
  return done->count;
}

}  // namespace postern::ipc
