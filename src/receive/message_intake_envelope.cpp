#include <algorithm>

#include "base/log.hpp"
#include "message/received.hpp"
#include "policy/alias_target.hpp"
#include "receive/message_intake.hpp"

namespace postern::receive {
namespace {

queue::return_content ret_of(smtp::dsn_return ret) {
  switch (ret) {
    case smtp::dsn_return::full:
      return queue::return_content::full;
    case smtp::dsn_return::headers:
      return queue::return_content::headers;
    case smtp::dsn_return::unset:
      break;
  }
  return queue::return_content::unset;
}

queue::recipient_class klass_of(policy::accepted_recipient const& one) {
  switch (one.klass()) {
    case policy::address_class::local:
      return queue::recipient_class::local;
    case policy::address_class::virtual_mailbox:
      return queue::recipient_class::virtual_mailbox;
    case policy::address_class::relay:
      return queue::recipient_class::relay;
    case policy::address_class::virtual_alias:
    case policy::address_class::remote:
      break;
  }
  return queue::recipient_class::remote;
}

std::string protocol_word(smtp::server_session const& protocol) {
  return message::format_with_protocol(protocol.extended(), protocol.envelope().from.smtputf8, protocol.tls_active(),
                                       protocol.authenticated());
}

}  // namespace

// Those that the client named and policy took, with what mail filters changed about them.
std::vector<rewrite::envelope_recipient> message_intake::asked_recipients() const {
  auto const& transaction = session_.protocol->envelope();
  std::vector<rewrite::envelope_recipient> out;
  auto const is_removed = [this](std::string const& address) {
    return filtering_ &&
           std::ranges::find(filtering_->envelope().removed, address) != filtering_->envelope().removed.end();
  };
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    auto const& asked = transaction.recipients[i];
    auto const& address = recipients_[i].address();
    if (is_removed(address) || is_removed(asked.forward_path)) continue;
    auto const original = asked.forward_path == address ? std::string() : asked.forward_path;
    out.push_back({address, original, asked.original, asked.notify, {}});
  }
  if (!filtering_) return out;
  for (auto const& one : filtering_->envelope().added) {
    out.push_back({one.address, {}, one.original, one.notify, "milter"});
  }
  return out;
}

// False: waits.
bool message_intake::rewrite_envelope(policy::message_actions const& actions) {
  auto sender = session_.protocol->envelope().from.reverse_path;
  if (filtering_) sender = filtering_->envelope().sender.value_or(sender);
  auto rewritten = rewrite::rewrite_envelope(settings_.content.addresses, sender, asked_recipients(), actions, known_);
  if (!rewritten && rewritten.error().lookup.what == maps::lookup_trouble::pending) return false;
  if (rewritten && !resolve_added(rewritten->recipients)) return false;
  known_ = {};
  if (rewritten) {
    envelope_ = std::move(*rewritten);
  } else {
    log::warning("{}: {}", id_text_, rewritten.error().lookup.text);
    refusal_ = smtp::reply{451, rewritten.error().status, rewritten.error().text};
  }
  return true;
}

bool message_intake::resolve_added(std::vector<rewrite::envelope_recipient> const& recipients) {
  auto const& addresses = settings_.gate.addresses();
  added_.clear();
  if (!addresses.blocks()) return true;
  for (auto const& to : recipients) {
    auto found = addresses.ask(to.address, known_);
    if (!found && found.error().what == maps::lookup_trouble::pending) return false;
    if (!found) {
      log::warning("{}: {}", id_text_, found.error().text);
      refusal_ = smtp::reply{451, "4.3.0", "Temporary lookup failure"};
      return true;
    }
    added_.insert_or_assign(to.address, std::move(*found));
  }
  return true;
}

queue::recipient message_intake::make_recipient(rewrite::envelope_recipient const& to) const {
  auto const as_accepted = std::ranges::find_if(
      recipients_, [&](auto const& one) { return to.grounds.empty() && one.address() == to.address; });
  if (as_accepted != recipients_.end()) {
    return {as_accepted->address(), to.orcpt, to.notify, klass_of(*as_accepted), to.original};
  }
  std::string const grounds = to.grounds.empty() ? "address rewriting" : to.grounds;
  auto const waited_for = added_.find(to.address);
  auto const added = waited_for != added_.end()
                         ? policy::accept_by_configuration(waited_for->second, grounds)
                         : policy::accept_by_configuration(settings_.gate.addresses(), to.address, grounds);
  return {added.address(), to.orcpt, to.notify, klass_of(added), to.original};
}

queue::envelope message_intake::make_envelope() const {
  auto const& transaction = session_.protocol->envelope();
  queue::envelope out;
  out.id = id_;
  out.arrival = std::chrono::system_clock::now();
  out.sender = envelope_.sender;
  out.body = transaction.from.body == smtp::body_kind::eight_bit_mime ? queue::body_type::eight_bit
                                                                      : queue::body_type::seven_bit;
  out.smtputf8 = transaction.from.smtputf8;
  out.ret = ret_of(transaction.from.ret);
  out.envid = transaction.from.envelope_id;
  out.session = {session_.session_id,
                 session_.client->address.text(),
                 session_.client->name,
                 session_.protocol->helo_name(),
                 protocol_word(*session_.protocol),
                 session_.protocol->user(),
                 session_.protocol->mechanism()};
  for (auto const& to : envelope_.recipients) out.recipients.push_back(make_recipient(to));
  out.hold = asked_for_.hold;
  out.filter = decide_filter();
  return out;
}

std::string message_intake::decide_filter() const {
  auto filter = asked_for_.filter.value_or(settings_.content.content_filter);
  auto const colon = filter.find(':');
  bool const has_next_hop = colon != std::string::npos && colon + 1 < filter.size();
  if (filter.empty() || has_next_hop || settings_.content.default_filter_next_hop.empty()) return filter;
  return filter.substr(0, colon) + ":" + settings_.content.default_filter_next_hop;
}

}  // namespace postern::receive
