#include "bench/sink/session.hpp"

#include "base/text.hpp"

namespace postern::bench {

namespace {
constexpr std::size_t head_octets_max = 8192;  // Received headers of a few hops stand before our own
constexpr std::string_view id_header = "X-Load-Id: ";
constexpr std::string_view end_of_content = "\r\n.\r\n";
}  // namespace

sink_session::sink_session(sink_context& context, os::unique_fd fd) : context_(context), wire_(std::move(fd)) {
  context_.counters.connections.fetch_add(1, std::memory_order_relaxed);
  wire_.put("220 sink.example ESMTP\r\n");
}

bool sink_session::on_ready() {
  for (;;) {
    if (!wire_.flush()) return false;
    if (begin_tls_ && wire_.all_sent()) begin_tls();
    if (quit_ && wire_.all_sent()) {
      wire_.say_end();
      return false;
    }
    switch (wire_.receive()) {
      case wire::outcome::nothing:
        return true;
      case wire::outcome::closed:
      case wire::outcome::failed:
        return false;
      case wire::outcome::handshake_done:
        context_.counters.handshakes.fetch_add(1, std::memory_order_relaxed);
        secured_ = true;
        break;
      case wire::outcome::data:
        on_input();
        break;
    }
  }
}

void sink_session::begin_tls() {
  begin_tls_ = false;
  wire_.consume(wire_.input().size());
  ssl_handle ssl(SSL_new(context_.tls));
  SSL_set_accept_state(ssl.get());
  wire_.start_tls(std::move(ssl));
}

void sink_session::on_input() {
  while (!begin_tls_ && !quit_) {
    if (in_content_) {
      if (!take_content()) return;
      continue;
    }
    std::string_view const input = wire_.input();
    std::size_t const end = input.find('\n');
    if (end == std::string_view::npos) return;
    on_command(trim(input.substr(0, end)));
    wire_.consume(end + 1);
  }
}

void sink_session::on_command(std::string_view line) {
  if (in_auth_) {
    in_auth_ = false;
    wire_.put("235 2.7.0 Authentication successful\r\n");
  } else if (istarts_with(line, "EHLO") || istarts_with(line, "LHLO")) {
    on_ehlo();
  } else if (iequals(line, "STARTTLS") && context_.tls) {
    wire_.put("220 2.0.0 Ready to start TLS\r\n");
    begin_tls_ = true;
  } else if (istarts_with(line, "AUTH")) {
    on_auth(line);
  } else if (iequals(line, "DATA")) {
    wire_.put("354 Go ahead\r\n");
    in_content_ = true;
    content_octets_ = 0;
    head_ = "\r\n";  // an empty message's dot line then ends it as any other
  } else if (iequals(line, "QUIT")) {
    wire_.put("221 2.0.0 Bye\r\n");
    quit_ = true;
  } else {
    wire_.put("250 2.0.0 Ok\r\n");
  }
}

void sink_session::on_ehlo() {
  wire_.put("250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n");
  if (context_.tls && !secured_) wire_.put("250-STARTTLS\r\n");
  if (context_.tls && secured_) wire_.put("250-AUTH PLAIN LOGIN\r\n");
  wire_.put("250 SIZE\r\n");
}

void sink_session::on_auth(std::string_view line) {
  if (split_any(line, " ").size() > 2) {
    wire_.put("235 2.7.0 Authentication successful\r\n");
  } else {
    wire_.put("334 \r\n");
    in_auth_ = true;
  }
}

/// Drops content up to the dot line; false when more is needed.
bool sink_session::take_content() {
  std::string_view const input = wire_.input();
  // The end may stand across two pieces: what could be its beginning stays in the input buffer.
  std::size_t const found = content_octets_ == 0 && input.starts_with(".\r\n") ? 0 : input.find(end_of_content);
  std::size_t const keep = std::min(input.size(), end_of_content.size() - 1);
  std::size_t const taken = found == std::string_view::npos ? input.size() - keep : found;
  if (head_.size() < head_octets_max) head_ += input.substr(0, std::min(taken, head_octets_max));
  content_octets_ += taken;
  if (found == std::string_view::npos) {
    wire_.consume(taken);
    return false;
  }
  note_id();
  wire_.consume(found + (input.substr(found).starts_with(".\r\n") ? 3 : end_of_content.size()));
  context_.counters.octets.fetch_add(content_octets_, std::memory_order_relaxed);
  auto const number = context_.counters.messages.fetch_add(1, std::memory_order_relaxed) + 1;
  wire_.put(fmt::format("250 2.0.0 Ok: {}\r\n", number));
  in_content_ = false;
  return true;
}

void sink_session::note_id() {
  if (!context_.ids) return;
  std::size_t const at = head_.find(id_header);
  if (at == std::string::npos) return;
  std::size_t const end = head_.find('\r', at);
  // One write(2) a line (append mode, line buffered): lines of several processes never mix.
  fmt::print(context_.ids, "{}\n", head_.substr(at + id_header.size(), end - at - id_header.size()));
}

}  // namespace postern::bench
