// The client's steps from MAIL to the final reply, pipelined where the peer offers it. [RFC 2920 §3.1, RFC 2033 §4.2]
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"
#include "smtp/client_session.hpp"

namespace postern::smtp {

using namespace client_actions;

namespace {

bool is_clean(std::string_view address) {
  return std::ranges::none_of(address, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

std::string format_notify(std::uint8_t bits) {
  using message::notify_on;
  std::string text;
  auto const add = [&](notify_on bit, std::string_view word) {
    if ((bits & static_cast<std::uint8_t>(bit)) == 0) return;
    if (!text.empty()) text += ',';
    text += word;
  };
  add(notify_on::never, "NEVER");
  add(notify_on::success, "SUCCESS");
  add(notify_on::failure, "FAILURE");
  add(notify_on::delay, "DELAY");
  return text;
}

std::string format_mail(sender const& from, client_session::peer_features const& peer) {
  auto line = fmt::format("MAIL FROM:<{}>", from.reverse_path);
  if (peer.size && from.size) line += fmt::format(" SIZE={}", *from.size);
  if (peer.eight_bit_mime && from.body_given) {
    line += from.body == body_kind::eight_bit_mime ? " BODY=8BITMIME" : " BODY=7BIT";
  }
  if (peer.smtputf8 && from.smtputf8) line += " SMTPUTF8";
  if (peer.dsn && from.ret != dsn_return::unset) line += from.ret == dsn_return::full ? " RET=FULL" : " RET=HDRS";
  if (peer.dsn && !from.envelope_id.empty()) line += " ENVID=" + from.envelope_id;
  return line;
}

std::string format_rcpt(recipient const& to, client_session::peer_features const& peer) {
  auto line = fmt::format("RCPT TO:<{}>", to.forward_path);
  if (peer.dsn && to.notify != 0) line += " NOTIFY=" + format_notify(to.notify);
  if (peer.dsn && !to.original.empty()) line += " ORCPT=" + to.original;
  return line;
}

}  // namespace

client_session::actions client_session::deliver(client_message message) {
  demand(step_ == step::ready);
  begin_event();
  message_ = std::move(message);
  step_ = step::transaction;
  transaction_open_ = false;
  accepted_.clear();
  next_final_ = 0;
  unsent_.clear();
  unanswered_.clear();
  done_.assign(message_.recipients.size(), false);
  if (auto const obstacle = check_message()) {
    finish_open(*obstacle);
  } else {
    unsent_.push_back({sent::mail, 0});
    for (std::size_t i = 0; i < message_.recipients.size(); ++i) {
      if (is_clean(message_.recipients[i].forward_path)) {
        unsent_.push_back({sent::rcpt, i});
      } else {
        finish_recipient(i, {delivery_verdict::bounced, {5, 1, 3}, "bad recipient address syntax", {}});
      }
    }
  }
  if (std::ranges::count(done_, false) == 0) {
    finish_message(true);
  } else {
    if (!message_.ends_at_rcpt) unsent_.push_back({sent::data, 0});
    send_next_questions();
  }
  return end_event();
}

// What can be known to fail before a word is said.
std::optional<delivery_outcome> client_session::check_message() const {
  auto const bounce = [](message::enhanced_status status, std::string text) {
    return delivery_outcome{delivery_verdict::bounced, status, std::move(text), {}};
  };
  if (!is_clean(message_.from.reverse_path)) return bounce({5, 1, 7}, "bad sender address syntax");
  if (message_.needs_smtputf8 && !features_.smtputf8) {
    return bounce({5, 6, 7}, fmt::format("SMTPUTF8 is required, but was not offered by host {}", settings_.peer));
  }
  auto const size = message_.from.size.value_or(0);
  if (features_.size_limit != 0 && size > features_.size_limit) {
    return bounce({5, 3, 4}, fmt::format("message size {} exceeds size limit {} of server {}", size,
                                         features_.size_limit, settings_.peer));
  }
  return std::nullopt;
}

std::string client_session::format_question(question const& asked) const {
  switch (asked.what) {
    case sent::mail:
      return format_mail(message_.from, features_) + "\r\n";
    case sent::rcpt:
      return format_rcpt(message_.recipients[asked.recipient], features_) + "\r\n";
    case sent::data:
      return "DATA\r\n";
    case sent::rset:
      return "RSET\r\n";
  }
  return {};
}

void client_session::send_next_questions() {
  std::string lines;
  while (!unsent_.empty() && (features_.pipelining || unanswered_.empty())) {
    unanswered_.push_back(unsent_.front());
    unsent_.pop_front();
    lines += format_question(unanswered_.back());
  }
  if (!lines.empty()) send(lines);
}

void client_session::on_transaction_reply(server_reply const& reply) {
  if (unanswered_.empty()) return on_malformed();
  auto const asked = unanswered_.front();
  if (reply.code == 421) {
    // The peer closes now, whatever was asked. [RFC 5321 §3.8]
    constexpr std::string_view commands[] = {"MAIL FROM command", "RCPT TO command", "DATA command", "RSET command"};
    return break_off(refused(reply, commands[static_cast<std::size_t>(asked.what)]));
  }
  unanswered_.pop_front();
  switch (asked.what) {
    case sent::mail:
      on_mail_reply(reply);
      break;
    case sent::rcpt:
      on_rcpt_reply(reply, asked.recipient);
      break;
    case sent::data:
      return on_data_reply(reply);
    case sent::rset:
      return finish_message(reply.category() == 2);
  }
  bool const nothing_to_send = accepted_.empty() && std::ranges::count(done_, false) == 0;
  if (nothing_to_send && unanswered_.empty()) {
    unsent_.clear();
    return end_message();
  }
  send_next_questions();
}

void client_session::on_mail_reply(server_reply const& reply) {
  transaction_open_ = reply.category() == 2;
  if (!transaction_open_) finish_open(refused(reply, "MAIL FROM command"));
}

void client_session::on_rcpt_reply(server_reply const& reply, std::size_t index) {
  if (done_[index]) return;
  auto outcome = refused(reply, "RCPT TO command");
  if (reply.category() == 2) {
    if (!message_.ends_at_rcpt) return accepted_.push_back(index);
    outcome.verdict = delivery_verdict::delivered;
    outcome.status.kind = 2;
    outcome.text = outcome.diagnostic;
    return finish_recipient(index, std::move(outcome));
  }
  // Old servers say 552 for "too many recipients": those wait for the next session. [RFC 5321 §4.5.3.1.10]
  if (reply.code == 552) {
    outcome.verdict = delivery_verdict::deferred;
    outcome.status.kind = 4;
  }
  finish_recipient(index, std::move(outcome));
}

void client_session::on_data_reply(server_reply const& reply) {
  if (reply.code != 354) {
    finish_open(refused(reply, "DATA command"));
    return end_message();
  }
  if (accepted_.empty()) {
    // DATA was pipelined, nobody is left to send to, and the peer waits for content: give it none. [RFC 2920 §3.1]
    send(".\r\n");
    step_ = step::final_reply;
    return;
  }
  step_ = step::content;
  act(send_content{});
}

client_session::actions client_session::on_content_sent() {
  demand(step_ == step::content || step_ == step::closed);
  begin_event();
  if (step_ == step::content) step_ = step::final_reply;
  return end_event();
}

void client_session::on_final_reply(server_reply const& reply) {
  constexpr std::string_view command = "end of DATA command";
  bool const delivered = reply.category() == 2;
  auto outcome = refused(reply, command);
  if (delivered) {
    outcome.verdict = delivery_verdict::delivered;
    outcome.status.kind = 2;
    outcome.text = outcome.diagnostic;
  }
  if (reply.code == 421) return break_off(outcome);
  transaction_open_ = false;
  if (settings_.lmtp && !accepted_.empty()) {
    finish_recipient(accepted_[next_final_], outcome);
    if (++next_final_ < accepted_.size()) return;
  }
  finish_open(outcome);
  end_message();
}

void client_session::finish_recipient(std::size_t index, delivery_outcome outcome) {
  if (done_[index]) return;
  done_[index] = true;
  act(recipient_done{index, std::move(outcome)});
}

void client_session::finish_open(delivery_outcome const& outcome) {
  for (std::size_t i = 0; i < done_.size(); ++i) finish_recipient(i, outcome);
}

// All recipients have their outcome; an open transaction is taken back before the session is used again.
void client_session::end_message() {
  if (!transaction_open_) return finish_message(true);
  transaction_open_ = false;
  step_ = step::transaction;
  unsent_.push_back({sent::rset, 0});
  send_next_questions();
}

void client_session::finish_message(bool reusable) {
  act(message_done{reusable});
  step_ = step::ready;
  if (!reusable) close();
}

void client_session::break_off(delivery_outcome const& outcome) {
  finish_open(outcome);
  act(message_done{false});
  close();
}

}  // namespace postern::smtp
