// The body of the test helper client_script.hpp; a _test.cpp so that it is only linked into tests.
#include "smtp/testing/client_script.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::smtp::testing {
namespace {

using namespace client_actions;

std::string format_outcome(delivery_outcome const& outcome) {
  constexpr std::string_view verdicts[] = {"delivered", "deferred", "bounced"};
  return fmt::format("{} {} {}", verdicts[static_cast<std::size_t>(outcome.verdict)], outcome.status.text(),
                     outcome.text);
}

struct renderer {
  std::vector<std::string>& out;

  void operator()(client_actions::send const& action) const {
    auto text = action.octets;
    while (!text.empty()) {
      auto const end = text.find("\r\n");
      if (end == std::string_view::npos) throw std::runtime_error("a command without CRLF");
      out.push_back((action.masked ? "C*: " : "C: ") + std::string(text.substr(0, end)));
      text.remove_prefix(end + 2);
    }
  }
  void operator()(start_tls const&) const { out.emplace_back("A: start_tls"); }
  void operator()(ready const&) const { out.emplace_back("A: ready"); }
  void operator()(send_content const&) const { out.emplace_back("A: send_content"); }
  void operator()(recipient_done const& action) const {
    out.push_back(fmt::format("A: done {} {}", action.index, format_outcome(action.outcome)));
  }
  void operator()(message_done const& action) const {
    out.emplace_back(action.reusable ? "A: message_done reusable" : "A: message_done");
  }
  void operator()(unavailable const& action) const {
    out.push_back(fmt::format("A: unavailable{}{} {}", action.try_without_tls ? " try_without_tls" : "",
                              action.other_host_may_work ? "" : " final", format_outcome(action.outcome)));
  }
  void operator()(client_actions::close const&) const { out.emplace_back("A: close"); }
};

client_session::actions enter_event(client_session& session, client_message const& message, std::string_view name) {
  if (name == "connected") return session.on_connected();
  if (name == "tls") return session.on_tls_established();
  if (name == "tls-failed") return session.on_tls_failed("certificate expired");
  if (name == "content-sent") return session.on_content_sent();
  if (name == "timeout") return session.on_timeout();
  if (name == "disconnect") return session.on_disconnect();
  if (name == "deliver") return session.deliver(message);
  if (name == "quit") return session.quit();
  throw std::runtime_error("no such event");
}

bool is_input(std::string_view line) { return line.starts_with("S:") || line.starts_with("E:"); }

}  // namespace

std::vector<std::string> render(client_session::actions actions) {
  std::vector<std::string> out;
  for (auto const& action : actions) std::visit(renderer{out}, action);
  return out;
}

std::vector<std::string> enter(client_session& session, client_message const& message, std::string_view input) {
  if (input.starts_with("S: ")) return render(session.on_input(std::string(input.substr(3)) + "\r\n"));
  return render(enter_event(session, message, input.substr(3)));
}

std::string play(client_session& session, client_message const& message, std::string_view script) {
  std::string transcript = "\n";
  for (auto const line : split(script, '\n')) {
    if (!is_input(line)) continue;
    transcript.append(line).append("\n");
    for (auto const& output : enter(session, message, line)) transcript.append(output).append("\n");
  }
  return transcript;
}

}  // namespace postern::smtp::testing
