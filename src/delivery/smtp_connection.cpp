#include "delivery/smtp_connection.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/channel_binding.hpp"
#include "net/tls_context.hpp"
#include "smtp/dot_stuffer.hpp"

namespace postern::delivery {
namespace {

using actions = smtp::client_session::actions;
constexpr std::uint16_t smtp_port = 25;
constexpr auto close_patience = std::chrono::seconds(1);

smtp::client_settings settings_for(smtp_settings const& common, target const& to, peer_tls const& tls,
                                   std::optional<smtp::client_credentials> login) {
  auto out = common.session;
  out.peer = to.text();
  out.peer_host = to.host;
  out.tls = tls.level;
  out.tls_verified = tls.match != certificate_match::none;  // or there is no TLS at all
  out.credentials = std::move(login);
  // Another server of this host, on a port of its own, is no loop; Postfix looks at port 25 only, too.
  if (to.port != smtp_port) out.own_host_name.clear();
  return out;
}

std::vector<sasl::channel_binding> channel_bindings(net::tls_session const& tls) {
  std::vector<sasl::channel_binding> out;
  for (auto& [type, data] : net::list_channel_bindings(tls)) out.push_back({std::move(type), std::move(data)});
  // The first one is used. Under TLS 1.2 servers know tls-unique, and few this one. [RFC 5802 §6.1, RFC 9266 §3]
  if (tls.info().protocol != "TLSv1.3" && !out.empty() && out.front().type == "tls-exporter") {
    std::ranges::rotate(out, out.begin() + 1);
  }
  return out;
}

smtp::client_actions::unavailable not_connected(target const& to, std::string const& why) {
  smtp::delivery_outcome outcome;
  outcome.verdict = smtp::delivery_verdict::deferred;
  outcome.status = {4, 4, 1};
  outcome.text = fmt::format("connect to {}:{}: {}", to.text(), to.port, why);
  return {std::move(outcome), false, true};
}

}  // namespace

smtp_connection::smtp_connection(net::event_loop& loop, smtp_settings const& settings, target to, peer_tls tls,
                                 std::string tls_name, std::optional<smtp::client_credentials> login)
    : loop_(loop),
      settings_(settings),
      session_settings_(settings_for(settings, to, tls, std::move(login))),
      target_(std::move(to)),
      tls_(std::move(tls)),
      tls_name_(std::move(tls_name)) {}

std::string smtp_connection::relay_text() const { return fmt::format("{}:{}", target_.text(), target_.port); }

bool smtp_connection::is_still_open() {
  if (!reusable_ || !stream_ || !stream_->is_open()) return false;
  // An idle peer has nothing to say: whatever comes is its good-bye.
  char octet = 0;
  auto got = stream_->try_read({&octet, 1});
  return got && *got == 0;
}

net::task<std::optional<smtp::client_actions::unavailable>> smtp_connection::open() {
  auto const& from = target_.address.is_v6() ? settings_.bind_v6 : settings_.bind_v4;
  auto limit = settings_.connect_timeout.count() > 0 ? settings_.connect_timeout : std::chrono::minutes(5);
  auto connected = co_await net::connect_tcp(loop_, {target_.address, target_.port}, limit, from);
  if (!connected) co_return not_connected(target_, connected.error().text);
  stream_ = std::move(*connected);
  opened_at_ = std::chrono::steady_clock::now();
  session_.emplace(session_settings_);
  co_await run(session_->on_connected());
  if (!reusable_ && !unavailable_) unavailable_ = not_connected(target_, "lost connection");
  if (settings_.note_starttls_offer && session_->features().starttls && !session_->tls_active()) {
    log::info("Host offered STARTTLS: [{}]", target_.host);
  }
  co_return std::move(unavailable_);
}

net::task<transfer> smtp_connection::deliver(smtp::client_message message, content_source& content,
                                             outbound_edit* edit) {
  transfer out;
  content_ = &content;
  edit_ = edit;
  ++uses_;
  octets_in_ = 0;
  outcomes_.assign(message.recipients.size(), {});
  for (auto& outcome : outcomes_) {
    outcome.status = {4, 4, 2};
    outcome.text = fmt::format("lost connection with {}", target_.text());
  }
  co_await run(session_->deliver(std::move(message)));
  content_ = nullptr;
  edit_ = nullptr;
  out.outcomes = std::move(outcomes_);
  out.peer_answered = octets_in_ > 0;
  out.dsn_passed_on = session_->features().dsn;
  co_return out;
}

net::task<> smtp_connection::quit() {
  if (session_ && stream_ && stream_->is_open() && !session_->is_closed()) co_await run(session_->quit());
  reusable_ = false;
  if (stream_) stream_->close();
}

smtp_connection::follow_up smtp_connection::take(smtp::client_action const& action) {
  namespace act = smtp::client_actions;
  if (auto const* send = std::get_if<act::send>(&action)) {
    output_ += send->octets;
  } else if (std::holds_alternative<act::start_tls>(action)) {
    return follow_up::tls;
  } else if (std::holds_alternative<act::send_content>(action)) {
    return follow_up::content;
  } else if (std::holds_alternative<act::ready>(action)) {
    settled_ = reusable_ = true;
  } else if (auto const* done = std::get_if<act::recipient_done>(&action)) {
    if (done->index < outcomes_.size()) outcomes_[done->index] = done->outcome;
  } else if (auto const* end = std::get_if<act::message_done>(&action)) {
    settled_ = true;
    reusable_ = end->reusable;
  } else if (auto const* gone = std::get_if<act::unavailable>(&action)) {
    unavailable_ = *gone;
    settled_ = true;
    reusable_ = false;
  } else if (std::holds_alternative<act::close>(action)) {
    closing_ = true;
    reusable_ = false;
  }
  return follow_up::none;
}

// Performs actions and feeds what comes back until the session has settled what it was asked for.
net::task<> smtp_connection::run(actions todo) {
  settled_ = closing_ = write_failed_ = false;
  unavailable_.reset();
  for (;;) {
    auto next = follow_up::none;
    for (auto const& action : todo) {
      auto wanted = take(action);
      if (wanted != follow_up::none) next = wanted;
    }
    if (closing_) {
      if (!output_.empty() && !write_failed_) co_await stream_->write(output_, close_patience);
      output_.clear();
      stream_->close();
      co_return;
    }
    if (!output_.empty()) {
      todo = co_await flush();
      if (write_failed_) continue;
    }
    if (next == follow_up::tls) {
      todo = co_await shake_hands();
    } else if (next == follow_up::content) {
      todo = co_await send_content();
    } else if (settled_) {
      co_return;
    } else if (session_->is_closed()) {
      stream_->close();
      co_return;
    } else {
      todo = co_await wait_for_peer();
    }
  }
}

actions smtp_connection::on_failure(net::io_failure const& why) {
  return why.problem == net::io_problem::timed_out ? session_->on_timeout() : session_->on_disconnect();
}

net::task<actions> smtp_connection::flush() {
  auto written = co_await stream_->write(output_, session_->timeout());
  output_.clear();
  write_failed_ = !written;
  if (!written) co_return on_failure(written.error());
  co_return actions{};
}

net::task<actions> smtp_connection::wait_for_peer() {
  // A peer that sends its replies one by one under Nagle's algorithm would wait 40 ms for our delayed ACK.
  int on = 1;
  ::setsockopt(stream_->native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  char buffer[8 * 1024];
  auto got = co_await stream_->read_some(buffer, session_->timeout());
  if (!got) co_return on_failure(got.error());
  octets_in_ += *got;
  co_return session_->on_input({buffer, *got});
}

net::task<actions> smtp_connection::shake_hands() {
  if (!tls_.context) co_return session_->on_tls_failed("TLS is not available here");
  auto tls = net::tls_session::connect(*tls_.context, stream_->native_handle(), tls_name_);
  auto done = co_await stream_->start_tls(std::move(tls), session_settings_.timeouts.start_tls);
  if (!done) {
    log::info("SSL_connect error to {}:{}: {}", target_.text(), target_.port, printable(done.error().text));
    co_return session_->on_tls_failed(done.error().text);
  }
  if (settings_.tls_log_level > 0) log_tls();
  co_return session_->on_tls_established(channel_bindings(*stream_->tls()));
}

void smtp_connection::log_tls() const {
  auto info = stream_->tls()->info();
  auto const* trust = !info.peer_certificate ? "Anonymous" : "Untrusted";
  if (info.peer_verified) trust = tls_.match == certificate_match::none ? "Trusted" : "Verified";
  log::info("{} TLS connection established to {}:{}: {} with cipher {} ({}/{} bits)", trust, target_.text(),
            target_.port, info.protocol, info.cipher, info.cipher_bits_used, info.cipher_bits_all);
}

// The next of the content, as it leaves; false at its end.
net::task<result<bool>> smtp_connection::read_content(std::string& buffer, std::string& edited,
                                                      std::string_view& into) {
  auto got = content_->read(buffer);
  if (!got) co_return std::unexpected(got.error());
  into = std::string_view(buffer).substr(0, *got);
  if (edit_ == nullptr) co_return *got > 0;
  edited.clear();
  auto done = *got > 0 ? co_await edit_->feed(into, edited) : co_await edit_->finish(edited);
  if (!done) co_return std::unexpected(done.error());
  into = edited;
  co_return *got > 0;
}

net::task<actions> smtp_connection::send_content() {
  std::string buffer(std::min<std::uint64_t>(content_->size() + 1, content_octets), '\0');
  std::string edited;
  std::string wire;
  std::vector<std::string_view> pieces;
  smtp::dot_stuffer stuffer(settings_.line_length_limit);
  content_->rewind();
  for (bool more = true; more;) {
    std::string_view next;
    auto got = co_await read_content(buffer, edited, next);
    if (!got) {
      // The end must not be sent: the peer would take a part for the whole.
      log::error("{}", got.error().text);
      write_failed_ = true;
      co_return session_->on_disconnect();
    }
    pieces.clear();
    more = *got;
    if (!next.empty()) stuffer.feed(next, pieces);
    if (!more) stuffer.finish(pieces);
    for (auto piece : pieces) wire += piece;
    if (more && wire.size() < content_octets) continue;
    auto written = co_await stream_->write(wire, session_settings_.timeouts.data_transfer);
    wire.clear();
    if (!written) {
      write_failed_ = true;
      co_return on_failure(written.error());
    }
  }
  co_return session_->on_content_sent();
}

}  // namespace postern::delivery
