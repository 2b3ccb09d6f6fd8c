#include "smtp/data_reader.hpp"

#include "smtp/line_scan.hpp"

namespace postern::smtp {

void data_reader::reset(body_rules const& rules) { *this = data_reader(rules); }

data_reader::progress data_reader::feed(std::string_view input, std::vector<std::string_view>& pieces) {
  std::size_t position = 0;
  while (position < input.size() && !ended_) {
    bool const at_text = state_ == at::in_line || (state_ == at::line_start && input[position] != '.');
    position = at_text ? take_lines(input, position, pieces) : take_octet(input, position, pieces);
  }
  return {position, ended_};
}

// As many whole lines as need no change, in one piece.
std::size_t data_reader::take_lines(std::string_view input, std::size_t position,
                                    std::vector<std::string_view>& pieces) {
  auto const start = position;
  auto const span = [&](std::size_t end) { return input.substr(start, end - start); };
  while (true) {
    auto const [found, mark] = scan_line(input, position);
    switch (mark) {
      case line_mark::none:
        state_ = at::in_line;
        emit(span(found), pieces);
        return found;
      case line_mark::cr_at_end:
        state_ = at::after_cr;
        emit(span(found), pieces);
        return found + 1;
      case line_mark::bare_lf:
        emit(span(found), pieces);
        end_line(false, pieces);
        return found + 1;
      case line_mark::bare_cr:
        emit(span(found), pieces);
        emit_bare_cr(pieces);
        state_ = at::in_line;
        return found + 1;
      case line_mark::crlf:
        position = found + 2;
        line_began_after_crlf_ = true;
        if (position < input.size() && input[position] != '.') break;
        state_ = at::line_start;
        emit(span(position), pieces);
        return position;
    }
  }
}

// One octet where a dot or a CR is in doubt; gives back the position to go on at.
std::size_t data_reader::take_octet(std::string_view input, std::size_t position,
                                    std::vector<std::string_view>& pieces) {
  char const c = input[position];
  switch (state_) {
    case at::line_start:  // feed() only comes here for a dot
      state_ = at::dot;
      return position + 1;
    case at::dot:
      if (c == '\n') {
        end_dot_line(false, pieces);
        return position + 1;
      }
      state_ = c == '\r' ? at::dot_cr : at::in_line;
      return c == '\r' ? position + 1 : position;
    case at::dot_cr:
    case at::after_cr:
      if (c == '\n') {
        if (state_ == at::dot_cr) {
          end_dot_line(true, pieces);
        } else {
          end_line(true, pieces);
        }
        return position + 1;
      }
      emit_bare_cr(pieces);
      state_ = at::in_line;
      return position;
    case at::in_line:
      break;
  }
  return position;
}

void data_reader::end_line(bool with_cr, std::vector<std::string_view>& pieces) {
  emit("\r\n", pieces);
  facts_.bare_line_feed |= !with_cr;
  line_began_after_crlf_ = with_cr;
  state_ = at::line_start;
}

// A dot alone on its line: the end, if both line ends around it are what the policy asks for; else an empty line.
void data_reader::end_dot_line(bool with_cr, std::vector<std::string_view>& pieces) {
  ended_ = rules_.newline == bare_newline::accept || (with_cr && line_began_after_crlf_);
  if (!ended_) end_line(with_cr, pieces);
}

void data_reader::emit_bare_cr(std::vector<std::string_view>& pieces) {
  facts_.bare_carriage_return = true;
  emit(rules_.replace_bare_cr ? " " : "\r", pieces);
}

void data_reader::emit(std::string_view piece, std::vector<std::string_view>& pieces) {
  if (piece.empty()) return;
  facts_.size += piece.size();
  if (rules_.size_limit != 0 && facts_.size > rules_.size_limit) facts_.too_large = true;
  if (!facts_.too_large) pieces.push_back(piece);
}

}  // namespace postern::smtp
