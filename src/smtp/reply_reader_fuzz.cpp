// The reply parser: splitting the input changes nothing, limits hold; and a client session that is fed garbage gives
// every recipient exactly one outcome.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "smtp/client_session.hpp"

namespace {

using namespace postern::smtp;

void demand(bool holds) {
  if (!holds) std::abort();
}

std::string read_all(std::string_view input, std::size_t piece) {
  reply_reader reader({.line_octets = 64, .lines = 8, .total_octets = 256});
  std::string seen;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    auto part = input.substr(at, piece);
    while (!part.empty()) {
      auto const outcome = reader.feed(part);
      if (outcome == reply_reader::outcome::malformed) return seen + "malformed";
      if (outcome == reply_reader::outcome::complete) seen += reader.value().text() + "\n";
    }
  }
  return seen;
}

struct tally {
  std::size_t outcomes = 0, messages = 0;
  bool send_content = false, ready = false, start_tls = false;

  void take(client_session::actions actions) {
    send_content = ready = start_tls = false;
    for (auto const& action : actions) {
      outcomes += std::holds_alternative<client_actions::recipient_done>(action);
      messages += std::holds_alternative<client_actions::message_done>(action);
      send_content |= std::holds_alternative<client_actions::send_content>(action);
      ready |= std::holds_alternative<client_actions::ready>(action);
      start_tls |= std::holds_alternative<client_actions::start_tls>(action);
    }
  }
};

void play_garbage(std::string_view input, std::size_t piece) {
  client_settings settings;
  settings.peer = "mx";
  settings.credentials = client_credentials{"joe", postern::secret("pw")};
  client_session session(settings);
  tally counts;
  std::size_t deliveries = 0;
  counts.take(session.on_connected());
  for (std::size_t at = 0; at < input.size() && !session.is_closed(); at += piece) {
    counts.take(session.on_input(input.substr(at, piece)));
    if (counts.start_tls) counts.take(session.on_tls_established());
    if (session.is_ready()) {
      ++deliveries;
      client_message message;
      message.recipients = {{"a@b", "", 0}, {"c@d", "", 0}};
      counts.take(session.deliver(std::move(message)));
    }
    if (counts.send_content) counts.take(session.on_content_sent());
  }
  if (!session.is_closed()) counts.take(session.on_disconnect());
  demand(session.is_closed());
  demand(counts.outcomes == 2 * deliveries && counts.messages == deliveries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 1) return 0;
  std::string const input(reinterpret_cast<char const*>(data) + 1, size - 1);  // NOLINT: libFuzzer hands out octets
  std::size_t const piece = data[0] % 32 + 1;
  demand(read_all(input, piece) == read_all(input, input.size() + 1));
  play_garbage(input, piece);
  return 0;
}
