#include "delivery/user_directory.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "net/stream.hpp"
#include "os/users.hpp"
#include "sasl/dovecot_auth_protocol.hpp"
#include "sasl/dovecot_line.hpp"

namespace postern::delivery {
namespace {

namespace dovecot = sasl::dovecot;
using found_user = result<std::optional<local_user>>;

constexpr auto patience = std::chrono::seconds(10);
constexpr std::uint32_t question_id = 1;

std::string format_question(std::string const& login) {
  dovecot::user_query query{question_id, login, "local"};
  auto pid = static_cast<std::uint32_t>(::getpid());
  std::string out(dovecot::format_client_line(dovecot::version_message{1, 2}).reveal());
  out += dovecot::format_client_line(dovecot::client_pid{pid}).reveal();
  out += dovecot::format_client_line(query).reveal();
  return out;
}

// Empty while the answer has not come: the handshake's lines pass by.
std::optional<found_user> take_answer(std::string_view line) {
  auto message = dovecot::parse_server_line(line);
  if (!message) return found_user(fail("authd: " + message.error().text));
  if (auto const* user = std::get_if<dovecot::reply_user>(&*message)) {
    return found_user(local_user{local_user::kind::account, user->user, {}});
  }
  if (std::holds_alternative<dovecot::reply_not_found>(*message)) return found_user(std::nullopt);
  if (std::holds_alternative<dovecot::reply_fail>(*message)) {
    return found_user(fail("authd cannot look into the account database"));
  }
  return std::nullopt;
}

found_user find_system_user(std::string const& name) {
  auto user = os::find_user(name);
  if (!user) return std::unexpected(user.error());
  if (!*user) return std::nullopt;
  return local_user{local_user::kind::system, (*user)->name, (*user)->home, (*user)->who.user == 0};
}

}  // namespace

user_directory::user_directory(net::event_loop& loop, worker_pool& workers, std::string auth_socket, bool wants_homes)
    : loop_(loop), workers_(workers), auth_socket_(std::move(auth_socket)), wants_homes_(wants_homes) {}

net::task<found_user> user_directory::ask_authd(std::string login) {
  auto broken = [&](std::string const& why) { return found_user(fail(fmt::format("{}: {}", auth_socket_, why))); };
  auto connected = co_await net::connect_unix(loop_, auth_socket_, patience);
  if (!connected) co_return broken(connected.error().text);
  auto& stream = **connected;
  auto sent = co_await stream.write(format_question(login), patience);
  if (!sent) co_return broken(sent.error().text);
  dovecot::line_buffer lines;
  char buffer[4096];
  for (;;) {
    auto got = co_await stream.read_some(buffer, patience);
    if (!got) co_return broken(got.error().text);
    lines.append({buffer, *got});
    while (auto line = lines.take_line()) {
      if (auto answer = take_answer(*line)) co_return std::move(*answer);
    }
    if (lines.overflowed()) co_return broken("a line is too long");
  }
}

net::task<found_user> user_directory::find(std::vector<std::string> names) {
  auto system_name = names.back();
  for (auto const& name : names) {
    if (auth_socket_.empty()) break;
    auto account = co_await ask_authd(name);
    if (!account) co_return account;
    if (!*account) continue;
    if (!wants_homes_) co_return account;
    system_name = (*account)->name;
    auto at_home = co_await workers_.run<found_user>([system_name] { return find_system_user(system_name); });
    co_return at_home && *at_home ? at_home : account;
  }
  co_return co_await workers_.run<found_user>([system_name] { return find_system_user(system_name); });
}

}  // namespace postern::delivery
