#include <cstdlib>

#include "auth/auth_session.hpp"

// A front end says anything, the verifier answers anything, and time passes in between. Properties: nothing crashes,
// every exchange is accepted at most once, nothing runs on after its time, lines and log lines stay single lines.
// Input: lines for on_line(); one octet before each says how the questions that are open then are answered.
namespace {

using namespace postern::auth;
using namespace std::chrono_literals;

void require(bool ok) {
  if (!ok) std::abort();
}

class driver {
 public:
  void say(unsigned char how, std::string_view line) {
    perform(session_.on_line(line, now_));
    auto const open = std::exchange(questions_, {});
    for (auto const serial : open) {
      perform(session_.on_verdict(serial, {static_cast<verdict_code>(how % 6), "joe", "why", false}, now_));
      perform(session_.on_verdict(serial, {verdict_code::accepted, "joe", "", false}, now_));
    }
    now_ += std::chrono::milliseconds(how * 10);
    perform(session_.on_tick(now_));
  }
  void end() {
    perform(session_.on_tick(now_ + 1000s));
    require(session_.exchanges() == 0);
    require(answered_ <= begun_);
  }
  bool closed() const { return closed_; }

 private:
  void perform(session_actions const& actions) {
    for (auto const& action : actions) {
      if (auto const* const verify = std::get_if<verify_action>(&action)) {
        questions_.push_back(verify->serial);
        ++begun_;
      }
      if (auto const* const send = std::get_if<send_action>(&action)) {
        require(send->text.ends_with('\n') && send->text.find('\n') == send->text.size() - 1);
        if (send->text.starts_with("OK\t")) ++answered_;
      }
      if (auto const* const line = std::get_if<log_action>(&action)) {
        require(line->text.find_first_of("\t\r\n") == std::string::npos);
      }
      if (std::holds_alternative<close_action>(action)) closed_ = true;
    }
  }

  session_options options_{.plaintext_requires_tls = false, .exchanges_max = 4};
  auth_session session_{options_, 1, std::string(32, '0')};
  auth_session::time_point now_{1000s};
  std::vector<exchange_serial> questions_;
  std::size_t begun_ = 0;
  std::size_t answered_ = 0;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view input(reinterpret_cast<char const*>(data), size);
  driver front_end;
  while (!input.empty() && !front_end.closed()) {
    auto const how = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    auto const end = input.find('\n');
    front_end.say(how, input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  }
  front_end.end();
  return 0;
}
