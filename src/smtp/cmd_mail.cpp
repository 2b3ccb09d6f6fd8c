#include "base/text.hpp"
#include "smtp/path.hpp"
#include "smtp/path_parameters.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// [RFC 5321 §4.1.1.2]
void server_session::mail(std::string_view arguments) {
  constexpr std::string_view keyword = "FROM:";
  if (!istarts_with(arguments, keyword)) return complain("501 5.5.4 Syntax: MAIL FROM:<address>");
  auto path = parse_reverse_path(arguments.substr(keyword.size()),
                                 {.strict = settings_.strict_envelopes, .smtputf8 = settings_.smtputf8});
  if (!path) return complain("501 5.1.7 Bad sender address syntax");
  auto& from = transaction_.from;
  from = {};
  from.reverse_path = std::move(path->address);
  parameter_rules const rules{.smtputf8 = settings_.smtputf8 && !settings_.discards("SMTPUTF8"),
                              .dsn = !settings_.discards("DSN"),
                              .size_limit = settings_.message_size_limit};
  if (auto const parsed = parse_mail_parameters(path->rest, rules, from); !parsed) return complain(parsed.error());
  expect(expecting::sender_verdict);
  act(ask_sender{&from});
}

server_session::actions server_session::on_sender_verdict(verdict const& answer) {
  demand(expecting_ == expecting::sender_verdict);
  begin_event();
  expect(expecting::line);
  if (answer.refusal) {
    transaction_.from = {};
    complain(*answer.refusal);
  } else {
    stage_ = stage::mail;
    say("250 2.1.0 Ok");
  }
  return end_event();
}

}  // namespace postern::smtp
