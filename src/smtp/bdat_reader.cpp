#include "smtp/bdat_reader.hpp"

#include <algorithm>

#include "smtp/line_scan.hpp"

namespace postern::smtp {

void bdat_reader::reset(body_rules const& rules) { *this = bdat_reader(rules); }

void bdat_reader::begin_chunk(std::uint64_t octets, bool last, bool discard) {
  left_ = octets;
  last_ = last;
  discard_ = discard;
}

bdat_reader::progress bdat_reader::feed(std::string_view input, std::vector<std::string_view>& pieces) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  left_ -= size;
  if (!discard_) take_lines(input.substr(0, size), pieces);
  bool const ended = left_ == 0;
  if (ended && last_ && !discard_) end_content(pieces);
  return {size, ended};
}

// A CR that ended the piece before: is it half of a line end?
std::size_t bdat_reader::take_pending_cr(std::string_view text, std::vector<std::string_view>& pieces) {
  if (!pending_cr_ || text.empty()) return 0;
  pending_cr_ = false;
  if (text.front() == '\n') {
    emit("\r\n", pieces);
    in_line_ = false;
    return 1;
  }
  facts_.bare_carriage_return = true;
  emit(rules_.replace_bare_cr ? " " : "\r", pieces);
  in_line_ = true;
  return 0;
}

void bdat_reader::take_lines(std::string_view text, std::vector<std::string_view>& pieces) {
  std::size_t position = take_pending_cr(text, pieces);
  std::size_t start = position;
  while (position < text.size()) {
    auto const [found, mark] = scan_line(text, position);
    position = found + 1;
    in_line_ = true;
    if (mark == line_mark::none) break;
    if (mark == line_mark::crlf) {
      position = found + 2;
      in_line_ = false;
      continue;
    }
    emit(text.substr(start, found - start), pieces);
    start = position;
    if (mark == line_mark::bare_lf) {
      facts_.bare_line_feed = true;
      emit("\r\n", pieces);
      in_line_ = false;
    } else if (mark == line_mark::bare_cr) {
      facts_.bare_carriage_return = true;
      emit(rules_.replace_bare_cr ? " " : "\r", pieces);
    } else {
      pending_cr_ = true;
    }
  }
  if (start < text.size()) emit(text.substr(start), pieces);
}

// The content in the spool ends with a line end, whatever the client sent.
void bdat_reader::end_content(std::vector<std::string_view>& pieces) {
  if (pending_cr_) {
    facts_.bare_carriage_return = true;
    pending_cr_ = false;
    emit(rules_.replace_bare_cr ? " " : "\r", pieces);
  }
  if (in_line_) emit("\r\n", pieces);
  in_line_ = false;
  last_ = false;
}

void bdat_reader::emit(std::string_view piece, std::vector<std::string_view>& pieces) {
  if (piece.empty()) return;
  facts_.size += piece.size();
  if (rules_.size_limit != 0 && facts_.size > rules_.size_limit) facts_.too_large = true;
  if (!facts_.too_large) pieces.push_back(piece);
}

}  // namespace postern::smtp
