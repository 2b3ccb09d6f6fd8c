// The body of the test helper server_script.hpp; a _test.cpp so that it is only linked into tests.
#include "smtp/testing/server_script.hpp"

#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::smtp::testing {
namespace {

using namespace server_actions;

struct renderer {
  std::vector<std::string>& out;

  void operator()(send_reply const& action) const {
    auto text = action.text;
    while (!text.empty()) {
      auto const end = text.find("\r\n");
      if (end == std::string_view::npos) throw std::runtime_error("a reply without CRLF");
      out.push_back("S: " + std::string(text.substr(0, end)));
      text.remove_prefix(end + 2);
    }
  }
  void operator()(ask_sender const& action) const {
    auto const& from = *action.from;
    auto line = fmt::format("A: ask_sender <{}>", from.reverse_path);
    if (from.size) line += fmt::format(" size={}", *from.size);
    if (from.body_given) line += from.body == body_kind::seven_bit ? " 7bit" : " 8bit";
    if (from.smtputf8) line += " utf8";
    if (from.ret != dsn_return::unset) line += from.ret == dsn_return::full ? " full" : " headers";
    if (!from.envelope_id.empty()) line += " envid=" + from.envelope_id;
    if (!from.auth.empty()) line += " auth=" + from.auth;
    if (from.verp) line += " verp" + from.verp_delimiters;
    out.push_back(line);
  }
  void operator()(ask_helo const& action) const {
    out.push_back(fmt::format("A: ask_{} {}", action.extended ? "ehlo" : "helo", action.name));
  }
  void operator()(replace_client const& action) const {
    auto const& by = *action.by;
    auto line = std::string("A: replace_client");
    if (by.name) line += " " + by.name->value;
    if (by.address) line += by.address->state == known::yes ? " " + by.address->value.text() : " unknown";
    if (by.port) line += fmt::format(" {}", by.port->value);
    out.push_back(line);
  }
  void operator()(ask_unknown const& action) const { out.push_back(fmt::format("A: ask_unknown {}", action.word)); }
  void operator()(ask_recipient const& action) const {
    auto line = fmt::format("A: {} <{}>", action.verify_only ? "verify" : "ask_recipient", action.to->forward_path);
    if (action.to->notify != 0) line += fmt::format(" notify={}", action.to->notify);
    if (!action.to->original.empty()) line += " orcpt=" + action.to->original;
    out.push_back(line);
  }
  void operator()(ask_data const&) const { out.emplace_back("A: ask_data"); }
  void operator()(ask_etrn const& action) const { out.push_back(fmt::format("A: ask_etrn {}", action.domain)); }
  void operator()(start_auth const& action) const {
    out.push_back(fmt::format("A: start_auth {}{}{}", action.mechanism, action.has_initial_response ? " =" : "",
                              action.initial_response));
  }
  void operator()(continue_auth const& action) const {
    out.push_back(fmt::format("A: continue_auth {}", action.response));
  }
  void operator()(cancel_auth const&) const { out.emplace_back("A: cancel_auth"); }
  void operator()(start_tls const&) const { out.emplace_back("A: start_tls"); }
  void operator()(begin_data const&) const { out.emplace_back("A: begin_data"); }
  void operator()(begin_bdat const& action) const {
    out.push_back(fmt::format("A: begin_bdat {}{}{}{}", action.octets, action.first ? " first" : "",
                              action.last ? " last" : "", action.discard ? " discard" : ""));
  }
  void operator()(commit_message const&) const { out.emplace_back("A: commit"); }
  void operator()(abort_message const&) const { out.emplace_back("A: abort"); }
  void operator()(pause const& action) const { out.push_back(fmt::format("A: pause {}", action.time.count())); }
  void operator()(close_connection const&) const { out.emplace_back("A: close"); }
};

std::string_view take_word(std::string_view& text) {
  auto const word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

reply parse_reply(std::string_view text) {
  auto const code = static_cast<int>(parse_unsigned(take_word(text)).value_or(0));
  auto const enhanced = std::string(take_word(text));
  return {code, enhanced, std::string(text)};
}

body_fault parse_fault(std::string_view name) {
  if (name.empty()) return body_fault::none;
  if (name == "too_large") return body_fault::too_large;
  if (name == "bare_line_feed") return body_fault::bare_line_feed;
  if (name == "too_many_hops") return body_fault::too_many_hops;
  if (name == "write_error") return body_fault::write_error;
  if (name == "content_rejected") return body_fault::content_rejected;
  throw std::runtime_error("no such fault");
}

server_session::actions enter_verdict(server_session& session, std::string_view asked, std::string_view text) {
  if (asked.starts_with("A: ask_ehlo") && text == "ok without extensions") {
    return session.on_helo_verdict(verdict::accept(), false);
  }
  auto const answer = text == "ok" ? verdict::accept() : verdict::refuse(parse_reply(text));
  if (asked.starts_with("A: ask_ehlo") || asked.starts_with("A: ask_helo")) return session.on_helo_verdict(answer);
  if (asked.starts_with("A: ask_unknown")) return session.on_unknown_verdict(answer);
  if (asked.starts_with("A: ask_sender")) return session.on_sender_verdict(answer);
  if (asked.starts_with("A: ask_recipient") || asked.starts_with("A: verify")) {
    return session.on_recipient_verdict(answer);
  }
  if (asked.starts_with("A: ask_data")) return session.on_data_verdict(answer);
  if (asked.starts_with("A: ask_etrn")) return session.on_etrn_verdict(answer);
  throw std::runtime_error("nothing was asked");
}

server_session::actions enter_event(server_session& session, std::string_view text) {
  auto const name = take_word(text);
  if (name == "connect") return session.on_connect();
  if (name == "connect-refused") return session.on_connect_refused(parse_reply(text));
  if (name == "trust") {
    session.trust_attributes(true, true);
    return {};
  }
  if (name == "replaced") {
    session.on_client_replaced();
    return session.on_connect();
  }
  if (name == "ask-about") {
    session.ask_about(true, true);
    return {};
  }
  if (name == "ask-about-tls") {
    session.ask_about_tls();
    return {};
  }
  if (name == "tls-permitted") return session.on_tls_permitted();
  if (name == "tls-refused") return session.on_tls_refused(parse_reply(text));
  if (name == "auth-refused") return session.on_auth_refused(parse_reply(text));
  if (name == "tls") return session.on_tls_established();
  if (name == "tls-failed") return session.on_tls_failed();
  if (name == "timeout") return session.on_timeout();
  if (name == "shutdown") return session.on_shutdown();
  if (name == "revoked") return session.on_login_revoked();
  if (name == "disconnect") return session.on_disconnect();
  if (name == "long-line") return session.on_line_too_long();
  if (name == "committed") return session.on_message_committed(text);
  if (name == "refused") return session.on_message_refused(parse_reply(text));
  if (name == "challenge") return session.on_auth_challenge(text);
  if (name == "rejected") return session.on_auth_failure(auth_failure::rejected, text);
  if (name == "unavailable") return session.on_auth_failure(auth_failure::temporary, text);
  if (name == "success") {
    auto const user = take_word(text);
    return session.on_auth_success(user, text);
  }
  if (name == "body") {
    auto const size = parse_unsigned(take_word(text)).value_or(0);
    return session.on_body_end(size, parse_fault(text));
  }
  throw std::runtime_error("no such event: " + std::string(name));
}

}  // namespace

bool is_input(std::string_view line) {
  return line.starts_with('C') || line.starts_with("V:") || line.starts_with("E:");
}

std::vector<std::string> render(server_session::actions actions) {
  std::vector<std::string> out;
  for (auto const& action : actions) std::visit(renderer{out}, action);
  return out;
}

std::vector<std::string> enter(server_session& session, std::string_view input) {
  static std::string asked;  // the last line of output, which a verdict answers
  server_session::actions actions;
  if (input.starts_with("C:")) {
    // An empty line is written "C:", for no line of the source ends in a space.
    actions = session.on_line(input.substr(std::min<std::size_t>(3, input.size())));
  } else if (input.starts_with("C(LF): ")) {
    actions = session.on_line(input.substr(7), line_end::bare_lf);
  } else if (input.starts_with("V: ")) {
    actions = enter_verdict(session, asked, input.substr(3));
  } else {
    actions = enter_event(session, input.substr(3));
  }
  auto lines = render(actions);
  asked = lines.empty() ? std::string{} : lines.back();
  return lines;
}

std::string play(server_session& session, std::string_view script) {
  std::string transcript = "\n";
  for (auto const line : split(script, '\n')) {
    if (!is_input(line)) continue;
    transcript.append(line).append("\n");
    for (auto const& output : enter(session, line))
      transcript.append(output.substr(0, output.find_last_not_of(' ') + 1)).append("\n");
  }
  return transcript;
}

}  // namespace postern::smtp::testing
