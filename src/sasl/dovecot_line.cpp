#include "sasl/dovecot_line.hpp"

#include "base/secret.hpp"
#include "base/text.hpp"

namespace postern::sasl::dovecot {

line_buffer::~line_buffer() { wipe(data_); }

void line_buffer::append(std::string_view octets) {
  if (begin_ > 0) {
    std::size_t const rest = data_.size() - begin_;
    data_.replace(0, rest, data_, begin_, rest);
    wipe(data_.data() + rest, data_.size() - rest);
    data_.resize(rest);
    scanned_ -= begin_;
    begin_ = 0;
  }
  if (data_.size() + octets.size() > data_.capacity()) {
    // A plain append would free the old block with the passwords still in it.
    std::string bigger;
    bigger.reserve(2 * (data_.size() + octets.size()));
    bigger = data_;
    data_.swap(bigger);
    wipe(bigger);
  }
  data_ += octets;
}

std::optional<std::string_view> line_buffer::take_line() {
  if (overflowed_) return std::nullopt;
  std::size_t const end = data_.find('\n', scanned_);
  std::size_t const length = (end == std::string::npos ? data_.size() : end) - begin_;
  if (length >= line_max_) {
    overflowed_ = true;
    return std::nullopt;
  }
  if (end == std::string::npos) {
    scanned_ = data_.size();
    return std::nullopt;
  }
  std::string_view const line = std::string_view(data_).substr(begin_, length);
  begin_ = scanned_ = end + 1;
  return line;
}

std::string escape_field(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (char const c : value) {
    switch (c) {
      case '\0':
        out += "\0010";
        break;
      case '\001':
        out += "\0011";
        break;
      case '\t':
        out += "\001t";
        break;
      case '\r':
        out += "\001r";
        break;
      case '\n':
        out += "\001n";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string unescape_field(std::string_view field) {
  std::string out;
  out.reserve(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\001') {
      out += field[i];
      continue;
    }
    if (++i == field.size()) break;
    switch (field[i]) {
      case '0':
        out += '\0';
        break;
      case '1':
        out += '\001';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      default:
        out += field[i];
    }
  }
  return out;
}

std::vector<std::string_view> split_fields(std::string_view line) { return split(line, '\t'); }

}  // namespace postern::sasl::dovecot
