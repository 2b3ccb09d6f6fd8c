#include "smtp/reply_reader.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::smtp {

std::string server_reply::text() const {
  auto text = fmt::format("{:03}", code);
  if (status.kind != 0) text += " " + status.text();
  for (auto const& line : lines) {
    if (!line.empty()) text += " " + line;
  }
  return text;
}

void reply_reader::reset() { *this = reply_reader(limits_); }

reply_reader::outcome reply_reader::feed(std::string_view& input) {
  if (done_) reset();
  while (!input.empty()) {
    auto const end = input.find('\n');
    auto const part = input.substr(0, end == std::string_view::npos ? end : end + 1);
    if (line_.size() + part.size() > limits_.line_octets || total_ + part.size() > limits_.total_octets) {
      return outcome::malformed;
    }
    input.remove_prefix(part.size());
    total_ += part.size();
    line_ += part;
    if (end == std::string_view::npos) break;
    line_.pop_back();
    if (line_.ends_with('\r')) line_.pop_back();
    auto const result = on_line(line_);
    line_.clear();
    if (result != outcome::incomplete) return result;
  }
  return outcome::incomplete;
}

// Reply-line: code, then '-' when more lines follow, then text. [RFC 5321 §4.2]
reply_reader::outcome reply_reader::on_line(std::string_view line) {
  bool const has_code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_ascii_digit(line[1]) &&
                        is_ascii_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
  if (!has_code || value_.lines.size() >= limits_.lines) return outcome::malformed;
  int const code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  bool const first = value_.lines.empty();
  // Some servers change the code in the middle of a reply; the last line is the one that counts.
  value_.code = code;
  auto text = line.size() > 4 ? line.substr(4) : std::string_view{};
  if (auto const status = message::take_enhanced_status(text); first && status && status->kind == line[0] - '0') {
    value_.status = *status;
  }
  value_.lines.push_back(printable(text, limits_.line_octets));
  if (line.size() > 3 && line[3] == '-') return outcome::incomplete;
  done_ = true;
  return outcome::complete;
}

}  // namespace postern::smtp
