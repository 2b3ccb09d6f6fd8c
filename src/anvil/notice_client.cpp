#include "anvil/notice_client.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "ipc/admin_protocol.hpp"
#include "net/stream.hpp"

namespace postern::anvil {
namespace {

constexpr auto connect_limit = std::chrono::seconds(5);
constexpr auto answer_limit = std::chrono::seconds(60);

bool report(std::string const& account, std::string_view why) {
  log::warning("nobody can be told yet that account {} is held: {}", printable(account, 128), why);
  return false;
}

}  // namespace

net::task<bool> tell_of_account(net::event_loop& loop, std::string queue_socket, std::string account,
                                std::string reason) {
  auto connected = co_await net::connect_unix(loop, queue_socket, connect_limit);
  if (!connected) co_return report(account, "qmgr does not answer: " + connected.error().text);
  ipc::channel channel(loop, (*connected)->release());
  channel.post(ipc::format_admin_request({ipc::queue_verb::tell_of_account, account, reason}));
  auto in = co_await channel.receive(answer_limit);
  if (!in) co_return report(account, "qmgr: " + in.error().text);
  auto const done = ipc::parse_admin_done(*in);
  if (!done) co_return report(account, done.error().text);
  co_return done->ok || report(account, done->text);
}

}  // namespace postern::anvil
