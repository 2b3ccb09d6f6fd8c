#include "receive/auth_client.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"

namespace postern::receive {
namespace {

namespace dovecot = sasl::dovecot;
constexpr auto handshake_timeout = std::chrono::seconds(10);
constexpr auto promptly = std::chrono::seconds(1);
// How soon after a loss the daemon is tried again, while logins hang on what it says of them.
constexpr auto rejoin_pause_min = std::chrono::milliseconds(50);
constexpr auto rejoin_pause_max = std::chrono::seconds(2);
constexpr auto forever = std::chrono::hours(24 * 365);

// The next whole line of `input`, taken out of it; nothing when there is none yet.
std::optional<std::string> take_line(std::string& input) {
  auto end = input.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = input.substr(0, end);
  input.erase(0, end + 1);
  return line;
}

}  // namespace

auth_client::auth_client(net::event_loop& loop, std::string socket_path, std::chrono::seconds exchange_timeout)
    : auth_client(loop, auth_place{std::move(socket_path), std::nullopt}, exchange_timeout) {}

auth_client::auth_client(net::event_loop& loop, auth_place place, std::chrono::seconds exchange_timeout)
    : loop_(loop), place_(std::move(place)), timeout_(exchange_timeout), workers_(loop), output_ready_(loop) {}

net::task<std::string> auth_client::ready() {
  if (stream_) co_return std::string();
  if (!connecting_) {
    connecting_ = true;
    workers_.spawn(reconnect(), "auth client connecting");
  }
  if (connecting_ && !silent_) {
    net::parked here(loop_);
    connecting_waiters_.push_back(&here);
    co_await here.wait(2 * handshake_timeout);
    std::erase(connecting_waiters_, &here);
  }
  if (stream_) co_return std::string();
  co_return last_error_.empty() ? place_.name + " says nothing" : last_error_;
}

net::task<> auth_client::reconnect() {
  auto const begun = std::chrono::steady_clock::now();
  auto trouble = co_await connect();
  silent_ = !trouble.empty() && std::chrono::steady_clock::now() - begun > promptly;
  last_error_ = std::move(trouble);
  connecting_ = false;
  for (auto* one : std::exchange(connecting_waiters_, {})) one->wake();
}

net::task<std::string> auth_client::connect() {
  auto connected = place_.inet ? co_await net::connect_tcp(loop_, *place_.inet, handshake_timeout)
                               : co_await net::connect_unix(loop_, place_.name, handshake_timeout);
  if (!connected) co_return fmt::format("connect to {}: {}; is it running?", place_.name, connected.error().text);
  std::shared_ptr<net::stream> peer = std::move(*connected);
  std::string input;
  auto refused = co_await handshake(*peer, input);
  if (!refused.empty()) co_return fmt::format("{}: {}", place_.name, refused);
  stream_ = peer;
  rest_ = std::move(input);
  if (watching_) ask_for_notices();
  workers_.spawn(read_lines(peer), "auth client reader");
  workers_.spawn(write_lines(peer), "auth client writer");
  co_return std::string();
}

// authd tells of revoked credentials on connections where an exchange named a session. One that is begun and cancelled
// does, and is answered and logged by nobody. [docs/protocols/auth.md, Revoked credentials]
void auth_client::ask_for_notices() {
  auto const usable =
      std::ranges::find_if(mechanisms_, [](auto const& one) { return one.name != "EXTERNAL" && one.name != "GSSAPI"; });
  if (usable == mechanisms_.end()) return;
  dovecot::auth_request request;
  request.id = next_id_++;
  request.mechanism = usable->name;
  request.service = "smtp";
  request.session = "-";
  request.secured = true;
  request.nologin = true;
  // A notice may have been under way.
  constexpr auto margin = std::chrono::seconds(2);
  if (lost_at_) {
    auto const since = std::chrono::floor<std::chrono::seconds>((*lost_at_ - margin).time_since_epoch());
    request.revoked_since = std::to_string(since.count());
  }
  send(dovecot::format_client_line(request));
  cancel(request.id);
}

net::task<> auth_client::rejoin() {
  for (std::chrono::milliseconds pause = rejoin_pause_min; !stream_;
       pause = std::min<std::chrono::milliseconds>(2 * pause, rejoin_pause_max)) {
    co_await loop_.sleep(pause);
    co_await ready();
  }
  rejoining_ = false;
}

net::task<std::string> auth_client::handshake(net::stream& peer, std::string& input) {
  auto hello =
      std::string(dovecot::format_client_line(dovecot::version_message{1, 2}).reveal()) +
      std::string(dovecot::format_client_line(dovecot::client_pid{static_cast<std::uint32_t>(::getpid())}).reveal());
  auto written = co_await peer.write(hello, handshake_timeout);
  if (!written) co_return written.error().text;
  std::vector<dovecot::mechanism_offer> offered;
  char buffer[4096];
  for (;;) {
    auto line = take_line(input);
    if (!line) {
      if (input.size() > dovecot::line_octets_max) co_return "the server's line is too long";
      auto got = co_await peer.read_some(buffer, handshake_timeout);
      if (!got) co_return "handshake: " + got.error().text;
      input.append(buffer, *got);
      continue;
    }
    auto message = dovecot::parse_server_line(*line);
    if (!message) co_return "handshake: " + message.error().text;
    if (auto* version = std::get_if<dovecot::version_message>(&*message);
        version != nullptr && version->major != dovecot::protocol_major) {
      co_return fmt::format("the server speaks version {} of the auth protocol, this client {}", version->major,
                            dovecot::protocol_major);
    }
    if (auto* offer = std::get_if<dovecot::mechanism_offer>(&*message)) offered.push_back(std::move(*offer));
    if (std::holds_alternative<dovecot::handshake_done>(*message)) break;
  }
  mechanisms_ = std::move(offered);
  ++offer_number_;
  co_return std::string();
}

net::task<> auth_client::read_lines(std::shared_ptr<net::stream> from) {
  std::string input = std::exchange(rest_, {});
  std::vector<char> buffer(16 * 1024);
  for (;;) {
    while (auto line = take_line(input)) on_line(*line);
    if (input.size() > dovecot::line_octets_max) co_return lose("the server's line is too long");
    auto got = co_await from->read_some(buffer, forever);
    if (!got) co_return lose(got.error().text);
    input.append(buffer.data(), *got);
  }
}

// One coroutine writes, so that lines of many exchanges never mix.
net::task<> auth_client::write_lines(std::shared_ptr<net::stream> to) {
  while (stream_ == to) {
    if (output_.empty()) {
      co_await output_ready_.wait(forever);
      continue;
    }
    auto lines = std::exchange(output_, {});
    auto written = co_await to->write(lines, timeout_);
    wipe(lines);
    if (!written) {
      if (stream_ == to) lose(written.error().text);
      co_return;
    }
  }
}

void auth_client::send(secret const& line) {
  output_ += line.reveal();
  output_ready_.wake();
}

void auth_client::lose(std::string const& why) {
  auto text = fmt::format("connection to {} lost: {}", place_.name, why);
  if (stream_) stream_->close();
  stream_.reset();
  renewed_.clear();
  wipe(output_);
  output_ready_.wake();
  for (auto const& [id, waiter] : std::exchange(waiting_, {})) waiter->answer(auth_answer(auth_unavailable{text}));
  if (watching_ && !lost_at_) lost_at_ = std::chrono::system_clock::now();
  if (!watching_ || rejoining_) return;
  rejoining_ = true;
  workers_.spawn(rejoin(), "auth client coming back");
}

void auth_client::answer(std::uint32_t id, reply what) {
  lost_at_.reset();  // an answer comes behind the notices that were asked for before
  auto place = waiting_.find(id);
  if (place == waiting_.end()) return;
  auto* waiter = place->second;
  waiting_.erase(place);
  waiter->answer(std::move(what));
}

void auth_client::on_line(std::string_view line) {
  auto message = dovecot::parse_server_line(line);
  if (!message) return lose(message.error().text);
  if (auto* ok = std::get_if<dovecot::reply_ok>(&*message)) {
    // A success without a name is no success. [docs/protocols/auth.md]
    if (ok->user.empty()) return answer(ok->id, auth_answer(auth_rejected{}));
    auto const named = std::ranges::find(ok->extra, "credential", &dovecot::extra_fields::value_type::first);
    auto credential = named == ok->extra.end() ? std::string() : named->second;
    if (revoked_) watching_ = true;
    return answer(ok->id, auth_answer(auth_success{std::move(ok->user), std::move(credential)}));
  }
  if (auto* more = std::get_if<dovecot::reply_continue>(&*message)) {
    return answer(more->id, auth_answer(auth_challenge{std::move(more->challenge)}));
  }
  if (auto* no = std::get_if<dovecot::reply_fail>(&*message)) {
    bool temporary = no->code == dovecot::fail_code::temp_fail;
    return answer(no->id, auth_answer(auth_rejected{std::move(no->reason), std::move(no->user), temporary}));
  }
  if (auto* gone = std::get_if<dovecot::revoked_notice>(&*message)) {
    // Behind the logins whose answers came in the same read: they have not gone to their sessions yet.
    loop_.post([this, notice = std::move(*gone)] {
      if (revoked_) revoked_(notice);
    });
    return;
  }
  if (auto* offer = std::get_if<dovecot::mechanism_offer>(&*message)) renewed_.push_back(std::move(*offer));
  if (std::holds_alternative<dovecot::handshake_done>(*message)) {
    mechanisms_ = std::exchange(renewed_, {});
    ++offer_number_;
  }
  if (auto* user = std::get_if<dovecot::reply_user>(&*message)) {
    return answer(user->id, found_user{user_existence::exists, std::move(user->user)});
  }
  if (auto* none = std::get_if<dovecot::reply_not_found>(&*message)) {
    return answer(none->id, found_user{user_existence::unknown, {}});
  }
}

net::task<auth_client::reply> auth_client::exchange(std::uint32_t id, secret line) {
  if (!stream_) co_return auth_answer(auth_unavailable{fmt::format("connection to {} lost", place_.name)});
  net::one_shot<reply> here(loop_);
  waiting_.emplace(id, &here);
  send(line);
  auto came = co_await here.wait(timeout_);
  waiting_.erase(id);
  if (!came) {
    co_return auth_answer(
        auth_unavailable{fmt::format("{} did not answer within {} s", place_.name, timeout_.count())});
  }
  co_return std::move(*came);
}

net::task<auth_answer> auth_client::begin(dovecot::auth_request request, std::uint32_t& id) {
  auto trouble = co_await ready();
  if (!trouble.empty()) co_return auth_unavailable{trouble};
  id = request.id = next_id_++;
  auto came = co_await exchange(id, dovecot::format_client_line(request));
  auto* answered = std::get_if<auth_answer>(&came);
  co_return answered != nullptr ? std::move(*answered) : auth_answer(auth_rejected{});
}

net::task<auth_answer> auth_client::proceed(std::uint32_t id, secret response) {
  auto came =
      co_await exchange(id, dovecot::format_client_line(dovecot::client_continue{id, std::move(response), false}));
  auto* answered = std::get_if<auth_answer>(&came);
  co_return answered != nullptr ? std::move(*answered) : auth_answer(auth_rejected{});
}

void auth_client::cancel(std::uint32_t id) {
  if (stream_) send(dovecot::format_client_line(dovecot::client_cancel{id}));
}

net::task<auth_answer> auth_client::check_certificate(dovecot::certificate_query asked) {
  auto trouble = co_await ready();
  if (!trouble.empty()) co_return auth_unavailable{std::move(trouble)};
  auto const id = asked.id = next_id_++;
  auto came = co_await exchange(id, dovecot::format_client_line(asked));
  auto* answered = std::get_if<auth_answer>(&came);
  co_return answered != nullptr ? std::move(*answered) : auth_answer(auth_rejected{});
}

net::task<user_existence> auth_client::find_user(std::string user, std::string service) {
  co_return (co_await find_account_of(std::move(user), std::move(service))).what;
}

net::task<found_user> auth_client::find_account_of(std::string user, std::string service) {
  auto trouble = co_await ready();
  if (!trouble.empty()) {
    log::warning("cannot look up local users: {}", trouble);
    co_return found_user{};
  }
  auto id = next_id_++;
  auto came =
      co_await exchange(id, dovecot::format_client_line(dovecot::user_query{id, std::move(user), std::move(service)}));
  auto* found = std::get_if<found_user>(&came);
  co_return found != nullptr ? std::move(*found) : found_user{};
}

}  // namespace postern::receive
