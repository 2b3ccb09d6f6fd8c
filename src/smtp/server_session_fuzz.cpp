// Any lines, any answers: the session never breaks its own contract, and each reply is one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "message/address.hpp"
#include "smtp/server_session.hpp"

namespace {

using namespace postern::smtp;
using namespace server_actions;

void demand(bool holds) {
  if (!holds) std::abort();
}

// Answers as a driver would; the octets of the input decide how.
class driver {
 public:
  driver(server_session& session, std::string_view choices) : session_(session), choices_(choices) {}

  bool closed() const { return closed_; }

  void perform(server_session::actions actions) {
    for (int depth = 0; depth < 16; ++depth) {
      asked_ = nullptr;
      for (auto const& action : actions) std::visit([this](auto const& a) { on(a); }, action);
      if (asked_ == nullptr || closed_) break;
      actions = asked_(*this);
    }
    if (!closed_) demand(session_.wants_line());
  }

 private:
  using answer = server_session::actions (*)(driver&);

  unsigned choose() {
    if (choices_.empty()) return 0;
    auto const choice = static_cast<unsigned char>(choices_.front());
    choices_.remove_prefix(1);
    return choice;
  }
  verdict judge() { return choose() % 4 == 3 ? verdict::refuse({550, "5.7.1", "no"}) : verdict::accept(); }

  void on(send_reply const& action) {
    demand(action.text.ends_with("\r\n") && action.text.size() >= 5);
    for (auto line : postern::split(action.text.substr(0, action.text.size() - 2), '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      demand(line.size() >= 3 && postern::is_ascii_digit(line[0]) && line.find('\r') == std::string_view::npos);
    }
  }
  void on(ask_helo const& action) {
    demand(!action.name.empty());
    asked_ = [](driver& self) { return self.session_.on_helo_verdict(self.judge(), self.choose() % 2 == 0); };
  }
  void on(replace_client const&) {
    asked_ = [](driver& self) {
      self.session_.on_client_replaced();
      return self.session_.on_connect();
    };
  }
  void on(ask_unknown const&) {
    asked_ = [](driver& self) { return self.session_.on_unknown_verdict(self.judge()); };
  }
  void on(ask_sender const& action) {
    demand(action.from->reverse_path.find_first_of("\r\n") == std::string::npos);
    asked_ = [](driver& self) { return self.session_.on_sender_verdict(self.judge()); };
  }
  void on(ask_recipient const& action) {
    demand(!action.to->forward_path.empty());
    demand(postern::message::is_valid_utf8(action.to->forward_path));
    asked_ = [](driver& self) { return self.session_.on_recipient_verdict(self.judge()); };
  }
  void on(ask_data const&) {
    demand(!session_.envelope().recipients.empty());
    asked_ = [](driver& self) { return self.session_.on_data_verdict(self.judge()); };
  }
  void on(ask_etrn const&) {
    asked_ = [](driver& self) { return self.session_.on_etrn_verdict(self.judge()); };
  }
  void on(start_auth const& action) {
    demand(action.initial_response.find_first_of("\t\r\n \\") == std::string_view::npos);
    asked_ = answer_auth;
  }
  void on(continue_auth const& action) {
    demand(action.response.find_first_of("\t\r\n \\") == std::string_view::npos);
    asked_ = answer_auth;
  }
  static server_session::actions answer_auth(driver& self) {
    switch (self.choose() % 4) {
      case 0:
        return self.session_.on_auth_challenge("VXNlcm5hbWU6");
      case 1:
        return self.session_.on_auth_success("joe", "PLAIN");
      case 2:
        return self.session_.on_auth_failure(auth_failure::temporary, "away\r\n250 forged");
      default:
        return self.session_.on_auth_failure(auth_failure::rejected);
    }
  }
  void on(start_tls const&) {
    asked_ = [](driver& self) { return self.session_.on_tls_established(); };
  }
  void on(begin_data const&) { asked_ = end_body; }
  void on(begin_bdat const&) { asked_ = end_body; }
  static server_session::actions end_body(driver& self) {
    auto const fault = self.choose() % 8;
    return self.session_.on_body_end(fault, fault == 1 ? body_fault::too_large : body_fault::none);
  }
  void on(commit_message const&) {
    asked_ = [](driver& self) {
      return self.choose() % 4 == 3 ? self.session_.on_message_refused({451, "4.3.0", "full"})
                                    : self.session_.on_message_committed("4ABC");
    };
  }
  void on(close_connection const&) { closed_ = true; }
  void on(cancel_auth const&) {}
  void on(abort_message const&) {}
  void on(server_actions::pause const&) {}

  server_session& session_;
  std::string_view choices_;
  answer asked_ = nullptr;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 20) return 0;
  std::string const input(reinterpret_cast<char const*>(data), size);  // NOLINT: libFuzzer hands out octets
  server_settings settings;
  settings.tls = static_cast<tls_level>(data[0] % 3);
  settings.auth_enabled = true;
  settings.strict_envelopes = data[1] % 2 == 1;
  settings.helo_required = data[1] % 4 > 1;
  settings.message_size_limit = data[2];
  settings.recipient_limit = 3;
  settings.newline = static_cast<bare_newline>(data[3] % 3);
  auto const offer = std::make_shared<mechanism_offer const>(mechanism_offer{"PLAIN", "PLAIN LOGIN"});
  server_session session(settings, offer);
  session.trust_attributes(data[2] % 2 == 1, data[2] % 4 > 1);
  session.ask_about(data[3] % 8 > 3, data[3] % 16 > 7);
  driver peer(session, std::string_view(input).substr(4, 16));
  peer.perform(session.on_connect());
  for (auto line : postern::split(std::string_view(input).substr(20), '\n')) {
    if (peer.closed()) break;
    auto const end = line.ends_with('\r') ? line_end::crlf : line_end::bare_lf;
    if (end == line_end::crlf) line.remove_suffix(1);
    peer.perform(line.size() > session.line_limit() ? session.on_line_too_long() : session.on_line(line, end));
  }
  session.on_disconnect();
  return 0;
}
