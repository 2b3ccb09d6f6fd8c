// Between the session and its mail filters: what they are told, what their answers do, the log lines.
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "message/received.hpp"
#include "receive/connection.hpp"
#include "receive/milter_chain.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {
namespace {

// "550 5.7.1 Command rejected", as log lines have it.
std::string text_of(milter::client_reply const& reply) {
  return fmt::format("{} {}{}{}", reply.code, reply.enhanced, reply.enhanced.empty() ? "" : " ", reply.text);
}

// What follows "MAIL FROM:" and "RCPT TO:".
std::string arguments_of(std::string_view command_line) {
  auto const colon = command_line.find(':');
  return std::string(trim(colon == std::string_view::npos ? std::string_view() : command_line.substr(colon + 1)));
}

}  // namespace

// The filters of this client: smtpd_milter_maps may have others than smtpd_milters.
net::task<result<milter_list>> connection::find_milters() {
  auto const& milters = settings_->milters;
  if (milters.by_client.empty()) co_return milters.services;
  auto const found = co_await find_value(parts_.loop, parts_.lookups, milters.by_client, peer_.address.text());
  if (!found) co_return fail(found.error().text);
  if (!*found) co_return milters.services;
  co_return parse_milters((*found)->value, milters);
}

// Tells the filters that there is a client; gives what it hears instead of a greeting.
net::task<std::optional<smtp::reply>> connection::open_milters() {
  if (!settings_->milters.any()) co_return std::nullopt;
  auto const& host = settings_->protocol.host_name;
  smtp::reply const later{421, {}, host + " Service unavailable - try again later"};
  auto services = co_await find_milters();
  if (!services) {
    log::warning("smtpd_milter_maps: {}", services.error().text);
    co_return later;
  }
  if (services->empty()) co_return std::nullopt;
  auto* const resolver = parts_.dns != nullptr ? parts_.dns : parts_.resolver;
  milters_ = std::make_unique<milter_chain>(parts_.loop, resolver, parts_.lookups, *services);
  auto& scene = milters_->scene();
  scene.settings = &settings_->milters;
  scene.client = &peer_;
  scene.protocol = &protocol_;
  scene.connections = anvil_.connections();
  scene.host_name = host;
  protocol_.ask_about(true, true);
  auto const said = heed("CONNECT", co_await milters_->connect(), {});
  if (!said.refusal || said.refusal->code / 10 == 45) co_return std::nullopt;
  if (said.refusal->code == 421) co_return later;
  co_return smtp::reply{554, {}, host + " ESMTP not accepting connections"};
}

// Writes the log lines; a refusal is what is left for the client.
smtp::verdict connection::heed(std::string_view command, milter::verdict const& said, std::string_view recipient) {
  for (auto const& warning : std::exchange(milters_->warnings(), {})) {
    log::warning("{}, session={}", printable(warning), session_id_);
  }
  bool const in_transaction =
      !protocol_.envelope().from.reverse_path.empty() || command == "MAIL" || !recipient.empty();
  std::string const helo = command == "EHLO" || command == "HELO" ? milter_greeting_ : protocol_.helo_name();
  auto const protocol =
      message::format_with_protocol(protocol_.extended(), protocol_.envelope().from.smtputf8, false, false);
  session_log::mail_line const line{
      intake_ ? std::string_view(intake_->queue_id()) : std::string_view(),
      command,
      in_transaction ? std::string_view(protocol_.envelope().from.reverse_path) : std::string_view(),
      recipient,
      protocol,
      helo,
      protocol_.user()};
  if (said.hold) log_.noted(line, {"milter-hold", *said.hold});
  if (said.what == milter::verdict::kind::discard)
    log_.noted(line, {"milter-discard", "milter triggers DISCARD action"});
  if (said.what != milter::verdict::kind::refuse) return smtp::verdict::accept();
  log_.noted(line, {"milter-reject", text_of(said.reply)});
  return smtp::verdict::refuse({said.reply.code, said.reply.enhanced, said.reply.text});
}

// The last word about HELO and EHLO. Who is refused all mail is still greeted, as in Postfix, and offered nothing.
net::task<connection::actions> connection::answer_greeting(smtp::verdict said, std::string name, bool extended) {
  if (said.refusal || !milters_) co_return protocol_.on_helo_verdict(said);
  milter_greeting_ = name;
  milters_->scene().tls = tls_info_ ? &*tls_info_ : nullptr;
  auto const filters = heed(extended ? "EHLO" : "HELO", co_await milters_->helo(std::move(name)), {});
  milter_greeted_ = true;
  if (filters.refusal && filters.refusal->code == 421) co_return protocol_.on_helo_verdict(filters);
  co_return protocol_.on_helo_verdict(said, !filters.refusal || filters.refusal->code < 500);
}

// Of a local user's commands filters hear the bare address, and nothing of the way: so does Postfix.
milter_route connection::route_of(std::string_view address) const {
  auto const& addresses = settings_->gate.addresses();
  if (is_local()) return {address.empty() ? std::string() : addresses.resolve(address).address, {}, {}};
  auto const& host = settings_->protocol.host_name;
  if (!address.empty()) return route_for_macros(addresses.resolve(address), settings_->milters, host);
  auto own = route_for_macros(addresses.resolve("MAILER-DAEMON"), settings_->milters, host);
  own.address.clear();
  return own;
}

net::task<smtp::verdict> connection::milters_on_sender(smtp::verdict said) {
  if (said.refusal || !milters_) co_return said;
  auto const& path = protocol_.envelope().from.reverse_path;
  milters_->scene().sender = route_of(path);
  co_return heed("MAIL",
                 co_await milters_->mail(is_local() ? milters_->scene().sender->address : arguments_of(command_line_)),
                 {});
}

net::task<smtp::verdict> connection::milters_on_recipient(smtp::verdict said, std::string forward_path) {
  if (!milters_) co_return said;
  if (said.refusal) {
    auto text = said.refusal->text;
    auto const prefix = fmt::format("<{}>: ", forward_path);
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    co_await milters_->rejected_rcpt(arguments_of(command_line_), said.refusal->enhanced, std::move(text));
    for (auto const& warning : std::exchange(milters_->warnings(), {})) log::warning("{}", printable(warning));
    co_return said;
  }
  milters_->scene().recipient = route_of(forward_path);
  auto arguments = is_local() ? milters_->scene().recipient->address : arguments_of(command_line_);
  co_return heed("RCPT", co_await milters_->rcpt(std::move(arguments)), forward_path);
}

// The message gets its queue id here: filters want to know it before its content comes.
net::task<smtp::verdict> connection::milters_on_data(smtp::verdict said) {
  if (said.refusal || !milters_) co_return said;
  co_await open_message();
  if (intake_) milters_->scene().queue_id = intake_->queue_id();
  // Of several recipients macros and log lines name the first here, and the last at the end; so does Postfix.
  auto const first = recipients_.empty() ? std::string() : recipients_.front().address();
  milters_->scene().recipient = route_of(first);
  auto answer = heed("DATA", co_await milters_->data(), first);
  if (answer.refusal) forget_message();
  co_return answer;
}

net::task<connection::actions> connection::answer_unknown(std::string word) {
  if (!milters_) co_return protocol_.on_unknown_verdict(smtp::verdict::accept());
  co_return protocol_.on_unknown_verdict(heed("UNKNOWN", co_await milters_->unknown(std::move(word)), {}));
}

// All of the message is there, and nobody has refused it.
net::task<> connection::filter_content() {
  auto* const content = milters_ && intake_ ? intake_->for_filters() : nullptr;
  if (content == nullptr) co_return;
  auto const last = recipients_.empty() ? std::string() : recipients_.back().address();
  auto const answer = heed("END-OF-MESSAGE", co_await milters_->content(*content), last);
  if (answer.refusal) {
    content_refusal_ = answer.refusal;
    co_return;
  }
  if (content->is_header_too_large()) {
    log_.not_queued(intake_->queue_id(), content->trouble());
    content_refusal_ = smtp::reply{552, "5.3.4", "Error: message header section too large"};
    co_return;
  }
  intake_trouble_ = content->trouble();
  auto wanted = content->checker() != nullptr ? content->checker()->actions() : policy::message_actions{};
  if (auto const& hold = milters_->hold()) wanted.hold = hold;
  wanted.discard = wanted.discard || milters_->discards();
  intake_->add_actions(wanted);
  while (intake_trouble_.empty()) {
    auto const released = intake_->release_filtered();
    if (!released) intake_trouble_ = released.error().text;
    if (released.value_or(true)) break;
    // The disk's thread and the other sessions have their turn.
    co_await parts_.loop.sleep(std::chrono::milliseconds(1));
  }
  if (!intake_trouble_.empty()) co_return;
  if (auto gone_on = intake_->go_on(); !gone_on) intake_trouble_ = gone_on.error().text;
  co_await settle_intake();
}

// After each command.
net::task<> connection::settle_milters() {
  if (!milters_) co_return;
  auto const stage = protocol_.current_stage();
  bool const in_transaction = stage != smtp::stage::fresh && stage != smtp::stage::greeted;
  co_await milters_->settle_transaction(std::exchange(milter_greeted_, false), !protocol_.helo_name().empty(),
                                        in_transaction);
}

}  // namespace postern::receive
