#include <cstdlib>

#include "auth/auth_session.hpp"

// A front end says anything, the verifier answers anything, and time passes in between. Properties: nothing crashes,
// every exchange that is accepted was asked about, nothing runs on after its time, lines and log lines stay single
// lines. Input: lines for on_line(); one octet before each says how the questions that are open then are answered.
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
    for (auto const& [serial, kind] : open) {
      perform(session_.on_reply(serial, answer(kind, how), now_));
      perform(session_.on_reply(serial, verdict{.code = verdict_code::accepted, .account = "joe"}, now_));
    }
    if (how % 16 == 7) perform(session_.on_revoked({"joe", {}}));
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
  /// Answers that a verifier could give to that kind of question, right and wrong.
  static query_reply answer(std::size_t kind, unsigned char how) {
    verdict standing{.code = static_cast<verdict_code>(how % 12), .account = "joe", .detail = "why"};
    if (kind == 1) {
      auto key = postern::sasl::make_scram_verifier(postern::crypto::hash_algorithm::sha256, postern::secret("secret"),
                                                    "0123456789abcdef", postern::sasl::scram_iterations_min);
      return scram_reply{std::move(standing), {.keys = {std::move(key)}, .credentials = {"phone"}}};
    }
    if (kind == 2) {
      shared_secret_reply reply{std::move(standing), {}};
      if (how % 2 == 0) reply.held.emplace().value = postern::secret("secret");
      return reply;
    }
    if (kind == 3) {
      bool const good = standing.code == verdict_code::accepted;
      return token_reply{std::move(standing), {.good = good, .user = "joe", .error = good ? "" : "invalid_token"}};
    }
    return standing;
  }

  void perform(session_actions const& actions) {
    for (auto const& action : actions) {
      if (auto const* const ask = std::get_if<ask_action>(&action)) {
        questions_.emplace_back(ask->serial, ask->what.index());
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

  static session_options make_options() {
    session_options options{.plaintext_requires_tls = false, .exchanges_max = 4};
    options.mechanisms.clear();
    for (auto const& row : postern::sasl::mechanisms()) options.mechanisms.emplace_back(row.name);
    options.server.host = "mail.example.org";
    options.server.realms = {"example.org"};
    options.server.random = [](std::size_t octets) { return std::string(octets, 'r'); };
    options.server.now = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1700000000)); };
    return options;
  }

  session_options options_ = make_options();
  auth_session session_{options_, 1, std::string(32, '0')};
  auth_session::time_point now_{1000s};
  std::vector<std::pair<exchange_serial, std::size_t>> questions_;  ///< and which alternative of query
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
