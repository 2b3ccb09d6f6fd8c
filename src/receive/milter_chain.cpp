#include "receive/milter_chain.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::receive {

using milter::verdict;

std::vector<std::string_view> split_command_words(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    bool const ends = i == text.size() || (!quoted && is_ascii_space(text[i]));
    if (ends) {
      if (i > start) out.push_back(text.substr(start, i - start));
      start = i + 1;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '\\' && quoted) {
      ++i;
    }
  }
  return out;
}

milter_chain::milter_chain(net::event_loop& loop, net::resolver* resolver, maps::lookup_pool* lookups,
                           milter_list const& services)
    : loop_(loop),
      resolver_(resolver),
      lookups_(lookups),
      macros_([this](std::string_view name) { return find_macro(scene_, name); }) {
  for (auto const& service : services) links_.push_back(std::make_unique<milter_link>(service));
}

void milter_chain::collect(milter_link& link) {
  for (auto& one : std::exchange(link.session().warnings(), {})) {
    warnings_.push_back(fmt::format("milter {}: {}", link.service().name(), one));
  }
}

void milter_chain::keep(verdict const& said) {
  auto& hold = mail_begun_ ? hold_ : session_hold_;
  if (said.hold && !hold) hold = said.hold;
  if (said.what == verdict::kind::discard) discard_ = true;
}

net::task<verdict> milter_chain::tell_all(event what) {
  verdict all;
  if (discard_) co_return all;
  for (auto const& link : links_) {
    what(link->session());
    auto const said = co_await link->settle(link->service().command_timeout);
    collect(*link);
    keep(said);
    if (said.hold) all.hold = said.hold;
    all.what = said.what;
    all.reply = said.reply;
    if (said.what != verdict::kind::proceed) break;
  }
  co_return all;
}

net::task<verdict> milter_chain::connect() {
  for (auto const& link : links_) {
    co_await link->open(loop_, resolver_);
    collect(*link);
  }
  auto const& client = *scene_.client;
  auto const address = (client.address.is_v6() ? "IPv6:" : "") + client.address.text();
  auto const name = client.name == "unknown" ? fmt::format("[{}]", address) : client.name;
  auto const family = client.address.is_v6() ? milter::address_family::ipv6 : milter::address_family::ipv4;
  co_return co_await tell_all(
      [&](milter::filter_session& filter) { filter.connect({name, family, client.port, address}, macros_); });
}

net::task<verdict> milter_chain::helo(std::string name) {
  co_return co_await tell_all([&](milter::filter_session& filter) { filter.helo(name, macros_); });
}

net::task<verdict> milter_chain::mail(std::string arguments) {
  hold_.reset();
  mail_begun_ = true;
  auto words = split_command_words(arguments);
  if (words.empty()) words.emplace_back();
  co_return co_await tell_all([&](milter::filter_session& filter) { filter.mail(words, macros_); });
}

net::task<verdict> milter_chain::rcpt(std::string arguments) {
  auto const words = split_command_words(arguments);
  co_return co_await tell_all([&](milter::filter_session& filter) { filter.rcpt(words, macros_); });
}

net::task<> milter_chain::rejected_rcpt(std::string arguments, std::string enhanced, std::string text) {
  if (discard_) co_return;
  auto const words = split_command_words(arguments);
  scene_.recipient = milter_route{std::move(text), std::move(enhanced), "error"};
  for (auto const& link : links_) {
    if (!link->session().wants_rejected_recipients()) continue;
    link->session().rcpt(words, macros_);
    co_await link->settle(link->service().command_timeout);
    collect(*link);
  }
}

net::task<verdict> milter_chain::data() {
  co_return co_await tell_all([&](milter::filter_session& filter) { filter.data(macros_); });
}

net::task<verdict> milter_chain::unknown(std::string word) {
  co_return co_await tell_all([&](milter::filter_session& filter) { filter.unknown(word, macros_); });
}

net::task<verdict> milter_chain::show_headers(milter_link& link, milter_content& message) {
  auto& filter = link.session();
  auto const within = link.service().content_timeout;
  for (auto const& field : message.fields()) {
    if (field.ours) continue;
    if (!filter.wants_header()) break;
    filter.header(milter::field_name(field.text), milter::field_value(field.text), macros_);
    if (auto said = co_await link.settle(within); said.what != verdict::kind::proceed) co_return said;
    co_await link.send_some(within);
  }
  filter.end_of_headers(macros_);
  co_return co_await link.settle(within);
}

net::task<verdict> milter_chain::show_body(milter_link& link, milter_content& message) {
  auto& filter = link.session();
  auto const within = link.service().content_timeout;
  for (std::uint64_t at = 0; at < message.body().size() && filter.wants_body();) {
    auto const chunk = message.body().read(at, milter::body_chunk_octets);
    if (!chunk) {
      warnings_.push_back(chunk.error().text);
      co_return verdict{.what = verdict::kind::refuse, .reply = {451, "4.3.0", "Error: queue file write error"}};
    }
    at += chunk->size();
    filter.body(*chunk, macros_);
    if (auto said = co_await link.settle(within); said.what != verdict::kind::proceed) co_return said;
    co_await link.send_some(within);
  }
  co_return verdict{};
}

// All that one filter sees of a message. What it says before the end is its last word about it.
net::task<verdict> milter_chain::show(milter_link& link, milter_content& message) {
  auto& filter = link.session();
  bool const interested = filter.begin_content();
  auto said = filter.answer();
  if (!interested) co_return said;
  said = co_await show_headers(link, message);
  keep(said);
  if (said.what != verdict::kind::proceed) co_return said;
  said = co_await show_body(link, message);
  keep(said);
  if (said.what != verdict::kind::proceed || !filter.wants_end_of_message()) co_return said;
  filter.end_of_message(macros_);
  change_target const changes{message, loop_, lookups_};
  said = co_await link.settle(link.service().content_timeout, &changes);
  message.end_changes();
  auto const* const checker = message.checker();
  if (said.what != verdict::kind::proceed || checker == nullptr) co_return said;
  if (auto const& no = checker->rejected()) {
    said.what = verdict::kind::refuse;
    said.reply = {no->code, no->status, no->text};
  } else if (checker->actions().discard) {
    said.what = verdict::kind::discard;
  }
  co_return said;
}

net::task<verdict> milter_chain::content(milter_content& message) {
  verdict all;
  for (auto const& link : links_) {
    if (discard_) break;
    all = co_await show(*link, message);
    collect(*link);
    keep(all);
    if (all.what != verdict::kind::proceed || !message.trouble().empty()) break;
  }
  for (auto& one : std::exchange(message.remarks(), {})) warnings_.push_back(std::move(one));
  all.hold = hold();
  if (discard_ && all.what == verdict::kind::proceed) all.what = verdict::kind::discard;
  co_return all;
}

void milter_chain::abort_all() {
  for (auto const& link : links_) link->session().abort();
}

// In the order of Postfix: a new greeting takes the old one back, then the transaction.
net::task<> milter_chain::settle_transaction(bool greeted, bool has_greeting, bool in_transaction) {
  if (greeted_ && (greeted || !has_greeting)) abort_all();
  greeted_ = (greeted_ || greeted) && has_greeting;
  if (!in_transaction && mail_begun_) {
    mail_begun_ = false;
    hold_.reset();
    discard_ = false;
    scene_.sender.reset();
    scene_.recipient.reset();
    scene_.queue_id.clear();
    abort_all();
  }
  for (auto const& link : links_) co_await link->send_some(link->service().command_timeout);
}

net::task<> milter_chain::close() {
  if (mail_begun_) abort_all();
  if (greeted_) abort_all();
  for (auto const& link : links_) co_await link->close();
}

}  // namespace postern::receive
