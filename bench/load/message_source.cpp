#include "bench/load/message_source.hpp"

namespace postern::bench {

namespace {
constexpr std::string_view body_line = "The quick brown fox jumps over the lazy dog, and then does it once more.\r\n";
constexpr std::size_t typical_own_header = 36;  // "X-Load-Id: run-000000000000\r\n" and a little
}  // namespace

message_source::message_source(std::string run_id, std::string const& sender, std::size_t size)
    : run_id_(std::move(run_id)) {
  shared_ = fmt::format(
      "From: Load <{}>\r\nTo: Sink <sink@sink.example>\r\nSubject: load\r\nDate: Mon, 3 Feb 2025 10:00:00 +0100\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n",
      sender);
  while (shared_.size() + typical_own_header + body_line.size() <= size) shared_ += body_line;
  if (shared_.size() + typical_own_header + 2 < size) {
    shared_ += std::string(size - shared_.size() - typical_own_header - 2, 'x') + "\r\n";
  }
  size_ = shared_.size() + typical_own_header;
  shared_ += ".\r\n";
}

std::string message_source::next_id() { return fmt::format("{}-{:012}", run_id_, next_++); }

std::string message_source::format_own_header(std::string const& id) {
  return fmt::format("X-Load-Id: {}\r\nMessage-ID: <{}@load.example>\r\n", id, id);
}

}  // namespace postern::bench
