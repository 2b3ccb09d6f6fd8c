#include "smtp/dot_stuffer.hpp"

#include "smtp/line_scan.hpp"

namespace postern::smtp {
namespace {

void emit(std::string_view piece, std::vector<std::string_view>& pieces) {
  if (!piece.empty()) pieces.push_back(piece);
}

// Where to break so that no UTF-8 sequence is cut in two.
std::size_t decide_fold(std::string_view content, std::size_t earliest, std::size_t latest) {
  auto position = latest;
  for (int i = 0; i < 3 && position > earliest && (static_cast<unsigned char>(content[position]) & 0xC0U) == 0x80U;
       ++i) {
    --position;
  }
  return position > earliest ? position : latest;
}

}  // namespace

void dot_stuffer::reset() noexcept {
  column_ = 0;
  pending_cr_ = false;
}

std::size_t dot_stuffer::take_pending_cr(std::string_view content, std::vector<std::string_view>& pieces) {
  if (!pending_cr_ || content.empty()) return 0;
  pending_cr_ = false;
  if (content.front() == '\n') {
    emit("\r\n", pieces);
    column_ = 0;
    return 1;
  }
  emit(" ", pieces);
  ++column_;
  return 0;
}

void dot_stuffer::feed(std::string_view content, std::vector<std::string_view>& pieces) {
  auto position = take_pending_cr(content, pieces);
  auto start = position;
  auto const flush = [&](std::size_t end) {
    emit(content.substr(start, end - start), pieces);
    start = end;
  };
  while (position < content.size()) {
    if (column_ == 0 && content[position] == '.') {
      flush(position);
      emit(".", pieces);
    }
    auto const room = line_limit_ == 0 ? content.size() : line_limit_ - std::min(line_limit_, column_);
    auto const window =
        room < content.size() - position ? std::min(position + room + 2, content.size()) : content.size();
    auto const [found, mark] = scan_line(content.substr(0, window), position);
    if (line_limit_ != 0 && found - position > room) {
      position = decide_fold(content, position, position + room);
      flush(position);
      emit("\r\n ", pieces);
      column_ = 1;
      continue;
    }
    column_ += found - position;
    position = found + 1;
    if (mark == line_mark::none) break;
    if (mark == line_mark::crlf) {
      position = found + 2;
      column_ = 0;
      continue;
    }
    flush(found);
    start = position;
    if (mark == line_mark::cr_at_end) {
      pending_cr_ = true;
    } else {
      emit(" ", pieces);
      ++column_;
    }
  }
  if (start < content.size()) flush(content.size());
}

void dot_stuffer::finish(std::vector<std::string_view>& pieces) {
  if (column_ != 0 || pending_cr_) emit("\r\n", pieces);
  emit(".\r\n", pieces);
  reset();
}

}  // namespace postern::smtp
