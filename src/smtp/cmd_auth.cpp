#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

namespace {

// Checked here so that nothing but base64 can get into the line-based protocol that authd speaks. [RFC 4648 §4]
bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  auto const padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  return std::ranges::all_of(text.substr(0, text.size() - padding),
                             [](char c) { return is_ascii_alnum(c) || c == '+' || c == '/'; });
}

// sasl-mech: 1 to 20 upper-case letters, digits, '-' and '_'. [RFC 4422 §3.1]
bool is_mechanism_name(std::string_view name) {
  return !name.empty() && name.size() <= 20 &&
         std::ranges::all_of(name, [](char c) { return is_ascii_alnum(c) || c == '-' || c == '_'; });
}

// [RFC 4954 §4: deviates, it asks for 501; clients and log readers know Postfix's answer]
constexpr std::string_view bad_initial_response =
    "535 5.7.8 Error: authentication failed: Invalid base64 data in initial response";
constexpr std::string_view bad_response =
    "535 5.7.8 Error: authentication failed: Invalid base64 data in continued response";

}  // namespace

bool server_session::offers_channel_binding() const {
  return std::ranges::any_of(split_any(announced_mechanisms(), " "), [](auto name) { return name.ends_with("-PLUS"); });
}

bool server_session::permits_mechanism(std::string_view name) const {
  return std::ranges::any_of(split_any(permitted_mechanisms(), " "), [&](auto one) { return iequals(one, name); });
}

bool server_session::take_initial_response(std::string_view response) {
  if (response.size() > settings_.sasl_response_limit) {
    complain("500 5.5.6 SASL response limit exceeded");
    return false;
  }
  if (response != "=" && !is_base64(response)) {
    complain(bad_initial_response);
    return false;
  }
  return true;
}

// [RFC 4954 §4]
void server_session::auth(std::string_view arguments) {
  if (!settings_.auth_enabled) return complain("503 5.5.1 Error: authentication not enabled");
  auto const words = split_any(arguments, " \t");
  if (words.empty() || words.size() > 2) return complain("501 5.5.4 Syntax: AUTH mechanism");
  if (settings_.auth_needs_tls && !tls_active_) {
    return complain("504 5.5.4 Encryption required for requested authentication mechanism");
  }
  if (authenticated()) return complain("503 5.5.1 Error: already authenticated");
  // While nobody knows what is served the driver finds out, and gives the client the honest 454.
  bool const known = offer_ != nullptr && offer_->complete;
  if (!is_mechanism_name(words[0]) || (known && !permits_mechanism(words[0]))) {
    return complain("535 5.7.8 Error: authentication failed: Invalid authentication mechanism");
  }
  std::optional<std::string_view> initial;
  if (words.size() == 2) initial = words[1];
  if (initial && !take_initial_response(*initial)) return;
  argument_ = uppercase(words[0]);
  expect(expecting::auth_server);
  act(start_auth{argument_, initial.has_value(), initial.value_or("=") == "=" ? std::string_view{} : *initial});
}

void server_session::take_auth_response(std::string_view line) {
  bool const gave_up = line == "*";
  bool const too_long = line.size() > settings_.sasl_response_limit;
  if (!gave_up && !too_long && is_base64(line)) {
    expect(expecting::auth_server);
    act(continue_auth{line});
    return;
  }
  act(cancel_auth{});
  expect(expecting::line);
  if (gave_up) return complain("501 5.7.0 Authentication aborted");
  complain(too_long ? "500 5.5.6 SASL response limit exceeded" : bad_response);
}

server_session::actions server_session::on_auth_challenge(std::string_view challenge) {
  demand(expecting_ == expecting::auth_server);
  begin_event();
  expect(expecting::auth_response);
  say(fmt::format("334 {}", challenge));
  return end_event();
}

server_session::actions server_session::on_auth_success(std::string_view user, std::string_view mechanism) {
  demand(expecting_ == expecting::auth_server && !user.empty());
  begin_event();
  user_ = user;
  mechanism_ = mechanism;
  expect(expecting::line);
  say("235 2.7.0 Authentication successful");
  return end_event();
}

server_session::actions server_session::on_auth_refused(reply const& why) {
  demand(expecting_ == expecting::auth_server);
  begin_event();
  expect(expecting::line);
  complain(why);
  return end_event();
}

server_session::actions server_session::on_auth_failure(auth_failure kind, std::string_view client_text) {
  demand(expecting_ == expecting::auth_server);
  begin_event();
  expect(expecting::line);
  auto const text = client_text.empty() ? std::string("(reason unavailable)") : printable(client_text, 200);
  complain(kind == auth_failure::temporary ? fmt::format("454 4.7.0 Temporary authentication failure: {}", text)
                                           : fmt::format("535 5.7.8 Error: authentication failed: {}", text));
  return end_event();
}

}  // namespace postern::smtp
