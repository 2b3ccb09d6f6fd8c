// smtpd_proxy_filter: the message goes to a filter instead of the queue.
#include "base/log.hpp"
#include "base/time.hpp"
#include "message/received.hpp"
#include "receive/connection.hpp"
#include "receive/received_field.hpp"
#include "rewrite/content_checks.hpp"

namespace postern::receive {

net::task<> connection::open_proxy() {
  proxy_.emplace(parts_.loop, settings_->proxy);
  log_.accepted("NOQUEUE", protocol_.mechanism(), protocol_.user(), describe_origin());
  if (settings_->proxy.whole_first) {
    for_proxy_.emplace(parts_.scratch, settings_->milters.memory_octets);
  } else {
    co_await begin_proxy();
  }
}

net::task<> connection::feed_proxy(std::span<std::string_view const> pieces) {
  if (!for_proxy_) co_return co_await proxy_->send(pieces);
  for (auto const piece : pieces) {
    if (!intake_trouble_.empty()) co_return;
    if (auto held = for_proxy_->append(piece); !held) intake_trouble_ = held.error().text;
  }
}

// All of the content is there: the filter gets it as fast as it takes it.
net::task<> connection::release_to_proxy() {
  constexpr std::size_t step = 256U << 10U;
  co_await begin_proxy();
  for (std::uint64_t at = 0; at < for_proxy_->size();) {
    auto const part = for_proxy_->read(at, step);
    if (!part) co_return proxy_->break_off(part.error().text);
    at += part->size();
    co_await proxy_->send(std::span(&*part, 1));
  }
}

net::task<> connection::begin_proxy() {
  auto const kind = find_client_kind(*settings_, peer_, protocol_, recipients_);
  auto const address = peer_.address.text();
  auto const word = message::format_with_protocol(protocol_.extended(), false, false, false);
  forwarded_client client{peer_.name,
                          peer_.address.is_v6() ? "IPv6:" + address : address,
                          std::to_string(peer_.port),
                          word,
                          protocol_.helo_name(),
                          session_id_,
                          kind.of_this_host || kind.in_mynetworks ? "LOCAL" : "REMOTE"};
  co_await proxy_->begin(std::move(client), protocol_.envelope());
  std::vector<std::string> fields;
  fields.reserve(actions_.prepended_headers.size() + 1);
  for (auto const& field : actions_.prepended_headers) fields.push_back(rewrite::split_field(field));
  auto const date = format_mail_date(std::chrono::system_clock::now());
  bool const anonymous = settings_->content.privacy.any() && settings_->content.anonymous_clients.has(kind);
  auto const only = recipients_.size() == 1 ? std::string_view(recipients_.front().address()) : std::string_view();
  fields.push_back(make_received_field(
      *settings_, {peer_, protocol_, tls_info_ ? &*tls_info_ : nullptr, anonymous, session_id_, only, date}));
  std::vector<std::string_view> const pieces(fields.begin(), fields.end());
  co_await proxy_->send(pieces);
}

net::task<connection::actions> connection::answer_by_proxy() {
  if (auto const refusal = std::exchange(content_refusal_, std::nullopt)) {
    // The filter never sees the end of it.
    forget_message();
    co_return protocol_.on_message_refused(*refusal);
  }
  if (for_proxy_) co_await release_to_proxy();
  auto const said = co_await proxy_->finish();
  if (!proxy_->trouble().empty()) log::warning("{}, session={}", proxy_->trouble(), session_id_);
  log::info("proxy-{}: END-OF-MESSAGE from {}: {} {}; from=<{}>, session={}", said.positive() ? "accept" : "reject",
            peer_.text(), said.code, said.text, protocol_.envelope().from.reverse_path, session_id_);
  forget_message();
  co_return protocol_.on_message_relayed(said);
}

}  // namespace postern::receive
