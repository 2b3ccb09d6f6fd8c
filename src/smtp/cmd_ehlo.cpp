#include "base/text.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

std::string_view server_session::permitted_mechanisms() const {
  bool const hidden = !settings_.auth_enabled || offer_ == nullptr || (settings_.auth_needs_tls && !tls_active_);
  if (hidden) return {};
  return tls_active_ ? offer_->after_tls : offer_->before_tls;
}

std::string_view server_session::announced_mechanisms() const {
  return offer_ != nullptr && offer_->announced ? permitted_mechanisms() : std::string_view();
}

void server_session::append_capability(std::string& lines, capability id) const {
  auto const add = [&lines](std::string_view keyword, std::string_view value = {}) {
    lines += "250-";
    lines += keyword;
    if (!value.empty()) lines += ' ';
    lines += value;
    lines += "\r\n";
  };
  auto const keyword = capability_table()[static_cast<std::size_t>(id)].keyword;
  if (settings_.discards(keyword)) return;
  switch (id) {
    case capability::size:
      return add(keyword, settings_.message_size_limit == 0 ? "" : std::to_string(settings_.message_size_limit));
    case capability::vrfy:
      if (!settings_.disable_vrfy) add(keyword);
      return;
    case capability::starttls:
      if (settings_.tls != tls_level::none && settings_.tls_usable && !tls_active_) add(keyword);
      return;
    case capability::auth:
      if (auto const mechanisms = announced_mechanisms(); !mechanisms.empty()) {
        add("AUTH", mechanisms);
        // The form of clients from before RFC 2554. Postfix: broken_sasl_auth_clients.
        if (settings_.auth_broken_clients) add(std::string("AUTH=").append(mechanisms));
      }
      return;
    case capability::xclient:
      if (trusts_xclient_) add(keyword, xclient_keywords);
      return;
    case capability::xforward:
      if (trusts_xforward_) add(keyword, xforward_keywords);
      return;
    case capability::smtputf8:
      if (settings_.smtputf8) add(keyword);
      return;
    case capability::pipelining:
    case capability::etrn:
    case capability::enhanced_status_codes:
    case capability::eight_bit_mime:
    case capability::dsn:
    case capability::chunking:
      return add(keyword);
  }
}

// [RFC 5321 §4.1.1.1]
void server_session::ehlo(std::string_view arguments) {
  if (arguments.empty()) return complain("501 Syntax: EHLO hostname");
  argument_ = printable(arguments, helo_name_limit);
  helo_extended_ = true;
  if (!asks_helo_) return greet_back(true);
  expect(expecting::helo_verdict);
  act(ask_helo{argument_, true});
}

server_session::actions server_session::on_helo_verdict(verdict const& answer, bool extensions) {
  demand(expecting_ == expecting::helo_verdict);
  begin_event();
  expect(expecting::line);
  if (answer.refusal) {
    complain(*answer.refusal);
  } else {
    greet_back(extensions);
  }
  return end_event();
}

void server_session::greet_back(bool extensions) {
  abort_content();
  stage_ = stage::greeted;
  extended_ = helo_extended_;
  helo_name_ = argument_;
  if (!extended_) return say("250 " + settings_.host_name);
  if (!extensions) {
    say("250-" + settings_.host_name);
    return say("250 ENHANCEDSTATUSCODES");
  }
  std::string lines = "250-" + settings_.host_name + "\r\n";
  for (auto const& row : capability_table()) append_capability(lines, row.id);
  // The last line has a space where the others have a hyphen.
  auto const last_line = lines.rfind("\r\n", lines.size() - 3);
  lines[last_line == std::string::npos ? 3 : last_line + 5] = ' ';
  append_text(lines, true);
}

}  // namespace postern::smtp
