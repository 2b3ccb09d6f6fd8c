#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

namespace {

constexpr std::string_view ready_to_start = "220 2.0.0 Ready to start TLS";

}  // namespace

// [RFC 3207 §4]
void server_session::starttls(std::string_view arguments) {
  if (!arguments.empty()) return complain("501 5.5.4 Syntax: STARTTLS");
  if (tls_active_) return complain("554 5.5.1 Error: TLS already active");
  if (settings_.tls == tls_level::none || settings_.discards("STARTTLS")) {
    return complain("502 5.5.1 Error: command not implemented");
  }
  if (!settings_.tls_usable) return complain("454 4.7.0 TLS not available due to local problem");
  if (!asks_tls_) say(ready_to_start);
  expect(expecting::tls);
  act(start_tls{});
}

server_session::actions server_session::on_tls_permitted() {
  demand(expecting_ == expecting::tls);
  begin_event();
  say(ready_to_start);
  return end_event();
}

server_session::actions server_session::on_tls_refused(reply const& why) {
  demand(expecting_ == expecting::tls);
  begin_event();
  expect(expecting::line);
  complain(why);
  return end_event();
}

// Also comes before on_connect, in wrapper mode. What the client said in the clear is forgotten. [RFC 3207 §4.2]
server_session::actions server_session::on_tls_established() {
  bool const wrapped = expecting_ == expecting::connection;
  demand(wrapped || expecting_ == expecting::tls);
  begin_event();
  tls_active_ = true;
  if (wrapped) return end_event();
  abort_content();
  stage_ = settings_.helo_required ? stage::fresh : stage::greeted;
  helo_name_.clear();
  extended_ = false;
  user_.clear();
  mechanism_.clear();
  expect(expecting::line);
  return end_event();
}

server_session::actions server_session::on_tls_failed() {
  demand(expecting_ == expecting::tls || expecting_ == expecting::connection);
  begin_event();
  close();
  return end_event();
}

}  // namespace postern::smtp
