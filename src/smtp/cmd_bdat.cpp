#include <limits>

#include <fmt/format.h>

#include "base/text.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

namespace {

struct chunk_header {
  std::uint64_t octets = 0;
  bool last = false;
};

// chunk-size [ SP end-marker ] [RFC 3030 §2]
std::optional<chunk_header> parse_chunk_header(std::string_view arguments) {
  auto const words = split_any(arguments, " \t");
  if (words.empty() || words.size() > 2) return std::nullopt;
  auto const octets = parse_unsigned(words[0]);
  bool const last = words.size() == 2;
  constexpr auto octets_limit = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (!octets || *octets > octets_limit || (last && !iequals(words[1], "LAST"))) return std::nullopt;
  return chunk_header{*octets, last};
}

}  // namespace

// The octets of a refused chunk come all the same: they are skipped, then the refusal is sent.
void server_session::refuse_chunk(std::string_view text) {
  if (text.data() != argument_.data()) argument_ = text;
  argument_.resize(text.size());
  if (stage_ == stage::chunking && !chunk_failed_) act(abort_message{});
  if (!transaction_.recipients.empty()) {
    stage_ = stage::chunking;
    chunk_failed_ = true;
  }
  expect(expecting::discarded_chunk);
  act(begin_bdat{chunk_octets_, false, chunk_last_, true});
}

// [RFC 3030 §2]
void server_session::bdat(std::string_view arguments) {
  // Without a size nobody knows where the next command begins, so these two end the session.
  if (settings_.discards("CHUNKING")) return hang_up("521 5.5.1 Error: command not implemented");
  auto const header = parse_chunk_header(arguments);
  if (!header) return hang_up("521 5.5.4 Syntax: BDAT count [LAST]");
  chunk_octets_ = header->octets;
  chunk_last_ = header->last;
  auto const* const row = find_command("BDAT");
  if (auto const refusal = row->refusal[static_cast<std::size_t>(stage_)]; !refusal.empty()) {
    return refuse_chunk(refusal);
  }
  if (chunk_failed_)
    return refuse_chunk(fmt::format("551 5.0.0 Discarded {} bytes after earlier error", chunk_octets_));
  if (chunk_octets_ == 0 && !chunk_last_) return refuse_chunk("551 5.7.1 Null BDAT request");
  bool const too_large =
      settings_.message_size_limit != 0 &&
      chunk_octets_ > settings_.message_size_limit - std::min(settings_.message_size_limit, content_octets_);
  if (too_large) return refuse_chunk("552 5.3.4 Chunk exceeds message size limit");
  if (stage_ == stage::rcpt) {
    expect(expecting::bdat_verdict);
    act(ask_data{});
    return;
  }
  expect(expecting::bdat_content);
  act(begin_bdat{chunk_octets_, false, chunk_last_, false});
}

}  // namespace postern::smtp
