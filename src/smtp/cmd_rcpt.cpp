#include "base/text.hpp"
#include "message/address.hpp"
#include "smtp/path.hpp"
#include "smtp/path_parameters.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// A client that overshoots by little just has a long list; one that goes on is counted as erring.
bool server_session::refuses_recipient_number() {
  if (transaction_.recipients.size() < settings_.recipient_limit) return false;
  constexpr std::string_view text = "452 4.5.3 Error: too many recipients";
  if (++recipients_over_ > settings_.recipient_overshoot_limit) {
    complain(text);
  } else {
    say(text);
  }
  return true;
}

// [RFC 5321 §4.1.1.3]
void server_session::rcpt(std::string_view arguments) {
  constexpr std::string_view keyword = "TO:";
  if (!istarts_with(arguments, keyword)) return complain("501 5.5.4 Syntax: RCPT TO:<address>");
  auto path = parse_forward_path(arguments.substr(keyword.size()),
                                 {.strict = settings_.strict_envelopes, .smtputf8 = settings_.smtputf8});
  if (!path) return complain("501 5.1.3 Bad recipient address syntax");
  if (refuses_recipient_number()) return;
  asked_ = {};
  asked_.forward_path = std::move(path->address);
  parameter_rules const rules{.smtputf8 = settings_.smtputf8, .dsn = !settings_.discards("DSN"), .size_limit = 0};
  if (auto const parsed = parse_rcpt_parameters(path->rest, rules, asked_); !parsed) return complain(parsed.error());
  if (!transaction_.from.smtputf8 && !message::is_ascii(asked_.forward_path)) {
    return complain("553 5.6.7 Must declare SMTPUTF8 to send unicode address");
  }
  expect(expecting::recipient_verdict);
  act(ask_recipient{&asked_, false});
}

void server_session::accept_recipient() {
  transaction_.recipients.push_back(std::move(asked_));
  stage_ = stage::rcpt;
  say("250 2.1.5 Ok");
}

server_session::actions server_session::on_recipient_verdict(verdict const& answer) {
  bool const verifying = expecting_ == expecting::verify_verdict;
  demand(verifying || expecting_ == expecting::recipient_verdict);
  begin_event();
  expect(expecting::line);
  if (answer.refusal) {
    complain(*answer.refusal);
  } else if (verifying) {
    say("252 2.0.0 " + argument_);
  } else {
    accept_recipient();
  }
  return end_event();
}

}  // namespace postern::smtp
