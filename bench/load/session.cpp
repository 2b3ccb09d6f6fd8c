#include "bench/load/session.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"

namespace postern::bench {

namespace {

steady_time now() { return std::chrono::steady_clock::now(); }

float milliseconds_since(steady_time begin) { return std::chrono::duration<float, std::milli>(now() - begin).count(); }

}  // namespace

session::session(load_context& context, int slot, os::unique_fd fd)
    : context_(context),
      slot_(slot),
      wire_(std::move(fd), context.options.quick_ack),
      connected_at_(now()),
      last_progress_(connected_at_) {
  ++context_.starting;
  if (context_.options.tls == tls_use::wrapper) begin_tls(state::greeting);
}

session::progress session::fail(std::string reason) {
  give_up(std::move(reason));
  return progress::failed;
}

void session::end_start() {
  if (starting_) --context_.starting;
  starting_ = false;
}

void session::give_up(std::string reason) {
  end_start();
  failure_ = std::move(reason);
  if (holds_message_) ++context_.unsent;
  holds_message_ = false;
}

void session::say(std::string_view line) {
  wire_.put(line);
  wire_.put("\r\n");
}

session::progress session::begin_tls(state next) {
  wire_.start_tls(context_.tls.make(slot_));
  state_ = next;
  return progress::going;
}

session::progress session::on_ready() {
  for (;;) {
    if (!wire_.flush()) return fail(wire_.error());
    switch (wire_.receive()) {
      case wire::outcome::nothing:
        return progress::going;
      case wire::outcome::closed:
        return fail("connection closed by the server");
      case wire::outcome::failed:
        return fail(wire_.error());
      case wire::outcome::handshake_done:
        if (progress const result = on_handshake(); result != progress::going) return result;
        break;
      case wire::outcome::data:
        last_progress_ = now();
        if (progress const result = on_input(); result != progress::going) return result;
        break;
    }
  }
}

session::progress session::on_handshake() {
  ++context_.measured.handshakes;
  if (SSL_session_reused(wire_.ssl()) == 1) ++context_.measured.resumed;
  secured_ = true;
  if (state_ != state::handshake) return progress::going;  // wrapper mode: the greeting comes now
  say("EHLO " + context_.options.helo);
  state_ = state::ehlo;
  return progress::going;
}

session::progress session::on_input() {
  for (;;) {
    std::string_view const input = wire_.input();
    std::size_t const end = input.find('\n');
    if (end == std::string_view::npos) return progress::going;
    std::string const line(trim(input.substr(0, end)));
    wire_.consume(end + 1);
    if (line.size() < 3) return fail("not a reply: " + line);
    if (state_ == state::ehlo && iends_with(line, "PIPELINING")) pipelining_offered_ = true;
    if (line.size() > 3 && line[3] == '-') continue;
    int const code = static_cast<int>(parse_unsigned(std::string_view(line).substr(0, 3)).value_or(0));
    if (progress const result = on_reply(code, line); result != progress::going) return result;
    if (wire_.handshaking()) return progress::going;
  }
}

session::progress session::expect(int code, int wanted, state next) {
  if (code != wanted) return fail(fmt::format("{} where {} was expected", code, wanted));
  state_ = next;
  return progress::going;
}

session::progress session::on_reply(int code, std::string_view text) {
  switch (state_) {
    case state::greeting:
      if (code == 220) say("EHLO " + context_.options.helo);
      return expect(code, 220, state::ehlo);
    case state::ehlo:
      return code == 250 ? on_ehlo() : fail(fmt::format("EHLO: {}", text));
    case state::starttls:
      return code == 220 ? begin_tls(state::handshake) : fail(fmt::format("STARTTLS: {}", text));
    case state::login:
      return code == 235 ? logged_in() : fail(fmt::format("AUTH: {}", text));
    case state::mail:
      if (code == 250 && !group_sent_)
        say("RCPT TO:<" + for_slot(context_.options.recipient, slot_, context_.options.users) + ">");
      return code == 250 ? expect(code, 250, state::rcpt) : fail(fmt::format("MAIL: {}", text));
    case state::rcpt:
      if (code == 250 && !group_sent_) say("DATA");
      return code == 250 ? expect(code, 250, state::data) : fail(fmt::format("RCPT: {}", text));
    case state::data:
      if (code != 354) return fail(fmt::format("DATA: {}", text));
      send_content();
      return expect(code, 354, state::content);
    case state::content:
      return code == 250 ? on_acknowledged() : fail(fmt::format("content: {:.3}", text));
    case state::quit:
      context_.measured.connection_ms.push_back(milliseconds_since(connected_at_));
      wire_.say_end();
      return code == 221 ? progress::finished : fail(fmt::format("QUIT: {}", text));
    case state::handshake:
    case state::idle:
      return fail(fmt::format("unexpected: {}", text));
  }
  return progress::failed;
}

session::progress session::on_ehlo() {
  load_options const& options = context_.options;
  if (options.tls == tls_use::starttls && !secured_) {
    say("STARTTLS");
    state_ = state::starttls;
    return progress::going;
  }
  if (options.user.empty()) return logged_in();
  std::string const user = for_slot(options.user, slot_, options.users);
  say("AUTH PLAIN " + encode_base64(std::string(1, '\0') + user + std::string(1, '\0') + options.password));
  state_ = state::login;
  return progress::going;
}

session::progress session::logged_in() {
  context_.measured.login_ms.push_back(milliseconds_since(connected_at_));
  if (!context_.options.idle) return next_message();
  state_ = state::idle;
  ++context_.logged_in;
  return progress::going;
}

session::progress session::next_message() {
  end_start();
  load_options const& options = context_.options;
  if (sent_messages_ >= options.messages_per_connection || context_.unsent <= 0) {
    say("QUIT");
    state_ = state::quit;
    return progress::going;
  }
  --context_.unsent;
  holds_message_ = true;
  message_id_ = context_.source.next_id();
  message_at_ = now();
  group_sent_ = options.pipelining && pipelining_offered_;
  say("MAIL FROM:<" + options.sender + ">");
  if (group_sent_) {
    say("RCPT TO:<" + for_slot(options.recipient, slot_, options.users) + ">");
    say("DATA");
  }
  state_ = state::mail;
  return progress::going;
}

void session::send_content() {
  std::string_view const rest = context_.source.shared_rest();
  wire_.put(message_source::format_own_header(message_id_));
  // One write for a small message; a large one is not copied.
  if (rest.size() <= wire::piece_octets) {
    wire_.put(rest);
  } else {
    wire_.put_shared(rest);
  }
}

session::progress session::on_acknowledged() {
  context_.measured.message_ms.push_back(milliseconds_since(message_at_));
  context_.measured.octets += static_cast<long>(context_.source.size());
  if (context_.acknowledged) fmt::print(context_.acknowledged, "{}\n", message_id_);
  holds_message_ = false;
  ++sent_messages_;
  return next_message();
}

}  // namespace postern::bench
