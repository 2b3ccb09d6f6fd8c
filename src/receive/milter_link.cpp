#include "receive/milter_link.hpp"

#include <array>

#include <fmt/format.h>

namespace postern::receive {
namespace {

constexpr std::size_t much = 64U << 10U;
constexpr auto goodbye_timeout = std::chrono::seconds(1);

std::unexpected<net::io_failure> no_address(std::string text) {
  return std::unexpected(net::io_failure{net::io_problem::failed, std::move(text)});
}

}  // namespace

milter_link::milter_link(std::shared_ptr<milter_service const> service)
    : service_(std::move(service)), session_(service_->rules) {}

net::task<net::io_result<std::unique_ptr<net::stream>>> milter_link::connect(net::event_loop& loop,
                                                                             net::resolver* resolver) {
  if (!service_->path.empty()) co_return co_await net::connect_unix(loop, service_->path, service_->connect_timeout);
  std::vector<ip_address> addresses;
  if (auto numeric = ip_address::parse(service_->host)) {
    addresses.push_back(*numeric);
  } else if (resolver != nullptr) {
    auto found = co_await resolver->addresses(service_->host);
    if (found.records.empty()) co_return no_address(fmt::format("{}: {}", service_->host, found.error));
    addresses = std::move(found.records);
  } else if (service_->host == "localhost") {
    addresses.push_back(*ip_address::parse("127.0.0.1"));
  } else {
    co_return no_address(service_->host + ": without smtpd_peername_lookup there is no resolver");
  }
  net::io_result<std::unique_ptr<net::stream>> made = no_address("no address");
  for (auto const& address : addresses) {
    made = co_await net::connect_tcp(loop, {address, service_->port}, service_->connect_timeout);
    if (made) break;
  }
  co_return std::move(made);
}

void milter_link::lose(std::string_view doing, net::io_failure const& why) {
  stream_.reset();
  session_.on_failure(fmt::format("{}: {}", doing, why.text));
}

net::task<> milter_link::open(net::event_loop& loop, net::resolver* resolver) {
  auto made = co_await connect(loop, resolver);
  if (!made) {
    session_.on_failure("cannot connect: " + made.error().text);
    co_return;
  }
  stream_ = std::move(*made);
  session_.begin();
  co_await settle(service_->connect_timeout);
}

net::task<bool> milter_link::send(std::chrono::seconds within) {
  auto const octets = std::exchange(session_.output(), {});
  if (octets.empty()) co_return true;
  if (!stream_) co_return false;
  auto const sent = co_await stream_->write(octets, within);
  if (!sent) lose("cannot send", sent.error());
  co_return sent.has_value();
}

net::task<> milter_link::send_some(std::chrono::seconds within) {
  if (session_.output().size() >= much) co_await send(within);
}

net::task<> milter_link::apply(change_target const& changes, milter::modification const& wanted) {
  while (!changes.content.apply(wanted, session_.keeps_leading_space())) {
    auto question = changes.content.take_wanted();
    if (!question) co_return;
    auto told = co_await ask_table(changes.loop, changes.lookups, *question);
    changes.content.put(std::move(*question), std::move(told));
  }
}

net::task<milter::verdict> milter_link::settle(std::chrono::seconds within, change_target const* changes) {
  // Where nothing is awaited what there is goes out with the next event: filters look at macros only then.
  if (session_.waiting() && !co_await send(within)) co_return session_.answer();
  std::array<char, 16 * 1024> buffer;
  while (session_.waiting()) {
    while (auto const wanted = session_.next()) {
      if (changes != nullptr) co_await apply(*changes, *wanted);
    }
    if (!session_.waiting()) break;
    auto const got = co_await stream_->read_some(buffer, within);
    if (!got) {
      lose("no answer", got.error());
      break;
    }
    session_.feed({buffer.data(), *got});
  }
  if (session_.failed()) stream_.reset();
  co_return session_.answer();
}

net::task<> milter_link::close() {
  session_.quit();
  if (!stream_) co_return;
  co_await send(goodbye_timeout);
  if (stream_) stream_->close();
  stream_.reset();
}

}  // namespace postern::receive
