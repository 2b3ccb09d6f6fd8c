#include "receive/policy_services.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/policy_service.hpp"

namespace postern::receive {
namespace {

constexpr auto sweep_interval = std::chrono::seconds(10);

struct inet_place {
  std::string host;
  std::uint16_t port = 0;
};

// "host:port", "[2001:db8::1]:port", or a port alone on this machine.
result<inet_place> parse_inet_place(std::string_view text) {
  auto colon = text.rfind(':');
  auto host = colon == std::string_view::npos ? std::string_view("127.0.0.1") : text.substr(0, colon);
  auto port = parse_unsigned(text.substr(colon == std::string_view::npos ? 0 : colon + 1));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  if (!port || *port == 0 || *port > 65535) return fail(fmt::format("'inet:{}' has no port number", text));
  return inet_place{std::string(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace

struct policy_services::connection {
  connection(server& owner, std::unique_ptr<net::stream> connected, net::steady_time now)
      : of(owner), stream(std::move(connected)), born(now), used(now) {
    ++of.open;
  }
  ~connection() { --of.open; }
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;

  server& of;
  std::unique_ptr<net::stream> stream;
  net::steady_time born;
  net::steady_time used;
  net::steady_time idle_until{};
  std::uint32_t requests = 0;
};

policy_services::policy_services(net::event_loop& loop, net::resolver* resolver, std::string directory,
                                 std::size_t connections_max)
    : loop_(loop), resolver_(resolver), directory_(std::move(directory)), connections_max_(connections_max) {}

policy_services::~policy_services() {
  *alive_ = false;
  for (auto& [name, one] : servers_) one.idle.clear();
}

policy_services::connection_ptr policy_services::take_idle(policy::policy_service const& service) {
  auto& of = servers_[service.endpoint];
  while (!of.idle.empty()) {
    auto one = std::move(of.idle.front());
    of.idle.pop_front();
    auto now = std::chrono::steady_clock::now();
    if (now - one->used < service.max_idle && now - one->born < service.max_ttl) return one;
  }
  return nullptr;
}

void policy_services::put_back(policy::policy_service const& service, connection_ptr used) {
  ++used->requests;
  if (service.request_limit != 0 && used->requests >= service.request_limit) return;
  used->used = std::chrono::steady_clock::now();
  used->idle_until = std::min(used->used + service.max_idle, used->born + service.max_ttl);
  auto& of = used->of;
  of.idle.push_front(std::move(used));
  if (std::exchange(sweeping_, true)) return;
  loop_.every(sweep_interval, [this, alive = alive_] {
    if (*alive) close_old();
    return *alive && sweeping_;
  });
}

// The timer stops when nothing is idle.
void policy_services::close_old() {
  auto now = std::chrono::steady_clock::now();
  sweeping_ = false;
  for (auto& [name, of] : servers_) {
    std::erase_if(of.idle, [&](auto const& one) { return one->idle_until <= now; });
    sweeping_ = sweeping_ || !of.idle.empty();
  }
}

net::task<result<policy_services::connection_ptr>> policy_services::connect(std::string endpoint,
                                                                            std::chrono::seconds within) {
  auto& of = servers_[endpoint];
  if (of.open >= connections_max_)
    co_return fail(fmt::format("{} connections to it are open, which is policy_service_connection_limit", of.open));
  net::io_result<std::unique_ptr<net::stream>> made;
  auto place = std::string_view(endpoint).substr(5);
  if (endpoint.starts_with("unix:")) {
    auto path = place.starts_with('/') ? std::string(place) : directory_ + "/" + std::string(place);
    made = co_await net::connect_unix(loop_, std::move(path), within);
  } else {
    auto inet = parse_inet_place(place);
    if (!inet) co_return std::unexpected(inet.error());
    auto address = ip_address::parse(inet->host);
    if (!address && resolver_ != nullptr) {
      auto found = co_await resolver_->addresses(inet->host);
      if (!found.records.empty()) address = found.records.front();
    }
    if (!address) co_return fail(fmt::format("{} has no address", inet->host));
    made = co_await net::connect_tcp(loop_, {*address, inet->port}, within);
  }
  if (!made) co_return fail("cannot connect: " + made.error().text);
  co_return std::make_unique<connection>(of, std::move(*made), std::chrono::steady_clock::now());
}

net::task<result<std::string>> policy_services::converse(connection* with, std::string request,
                                                         std::chrono::seconds within) {
  auto const until = std::chrono::steady_clock::now() + within;
  if (auto written = co_await with->stream->write(request, within); !written)
    co_return fail("cannot send: " + written.error().text);
  std::string input;
  std::array<char, 4096> buffer{};
  for (;;) {
    // For the whole answer: who says an octet now and then is silent as well.
    auto got = co_await with->stream->read_some(buffer, until - std::chrono::steady_clock::now());
    if (!got) co_return fail("no answer: " + got.error().text);
    input.append(buffer.data(), *got);
    auto reply = policy::parse_policy_reply(input);
    if (!reply) co_return std::unexpected(reply.error());
    if (!*reply) continue;
    if ((*reply)->octets != input.size()) co_return fail("it says more than one answer");
    co_return std::move((*reply)->action);
  }
}

net::task<policy::service_answer> policy_services::ask(policy::service_question asked) {
  auto const& service = *asked.service;
  std::string trouble;
  for (std::uint32_t tries = 0; tries < service.try_limit;) {
    auto one = take_idle(service);
    bool kept = one != nullptr;
    if (!kept) {
      if (tries++ > 0) co_await loop_.sleep(service.retry_delay);
      auto made = co_await connect(service.endpoint, service.timeout);
      if (made) one = std::move(*made);
      if (!made) trouble = made.error().text;
    }
    if (one == nullptr) continue;
    auto action = co_await converse(one.get(), asked.request, service.timeout);
    if (action) {
      put_back(service, std::move(one));
      co_return policy::service_answer{std::move(*action)};
    }
    // A kept connection may have been closed by the other side meanwhile: that was no try.
    trouble = action.error().text;
  }
  co_return policy::service_answer{std::nullopt, trouble};
}

}  // namespace postern::receive
