#include "rewrite/mime_walk.hpp"

#include <optional>

#include "base/text.hpp"
#include "message/header_filter.hpp"

namespace postern::rewrite {
namespace {

// White space and comments, which may stand between any two words. [RFC 822 §3.1.4]
void skip_space(std::string_view& text) {
  std::size_t depth = 0;
  while (!text.empty()) {
    char const c = text.front();
    if (c == '(') {
      ++depth;
    } else if (depth > 0 && c == ')') {
      --depth;
    } else if (depth > 0 && c == '\\' && text.size() > 1) {
      text.remove_prefix(1);
    } else if (depth == 0 && !is_ascii_space(c)) {
      return;
    }
    text.remove_prefix(1);
  }
}

bool is_token_char(char c) { return c > ' ' && c != 127 && !std::string_view("()<>@,;:\\\"/[]?=").contains(c); }

std::string_view take_token(std::string_view& text) {
  skip_space(text);
  std::size_t length = 0;
  while (length < text.size() && is_token_char(text[length])) ++length;
  auto const token = text.substr(0, length);
  text.remove_prefix(length);
  return token;
}

bool take_char(std::string_view& text, char wanted) {
  skip_space(text);
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// The value of a parameter: a quoted string, or all up to the next ';'. Broken writers leave the quotes out.
std::string take_value(std::string_view& text) {
  skip_space(text);
  std::string out;
  if (text.empty() || text.front() != '"') {
    auto const end = text.find_first_of("; \t\r\n");
    out = text.substr(0, end);
    text.remove_prefix(out.size());
    return out;
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    if (text.front() != '\r' && text.front() != '\n') out += text.front();
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return out;
}

std::optional<std::string> find_boundary(std::string_view parameters) {
  while (!parameters.empty()) {
    auto const semicolon = parameters.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    parameters.remove_prefix(semicolon + 1);
    auto const name = take_token(parameters);
    if (!take_char(parameters, '=')) continue;
    auto value = take_value(parameters);
    if (iequals(name, "boundary")) return value;
  }
  return std::nullopt;
}

}  // namespace

void mime_walk::on_field(std::string_view field) {
  if (!limits_.enabled) return;
  auto const name = field.substr(0, message::field_name_length(field));
  auto const value = field.substr(field.find(':') + 1);
  if (iequals(name, "Content-Type")) take_content_type(value);
  if (iequals(name, "Content-Transfer-Encoding")) take_encoding(value);
}

void mime_walk::take_content_type(std::string_view value) {
  auto const type = take_token(value);
  bool const has_subtype = take_char(value, '/');
  auto const subtype = has_subtype ? take_token(value) : std::string_view();
  kind_ = kind::leaf;
  boundary_.clear();
  if (iequals(type, "multipart")) {
    kind_ = kind::multipart;
    digest_ = iequals(subtype, "digest");
    if (auto found = find_boundary(value)) boundary_ = found->substr(0, limits_.boundary_length);
  } else if (iequals(type, "message") && (iequals(subtype, "rfc822") || iequals(subtype, "global"))) {
    kind_ = kind::message;
  }
}

void mime_walk::take_encoding(std::string_view value) {
  encoding_word_ = take_token(value);
  if (iequals(encoding_word_, "7bit")) {
    encoding_ = transfer_encoding::seven_bit;
  } else if (iequals(encoding_word_, "8bit")) {
    encoding_ = transfer_encoding::eight_bit;
  } else if (iequals(encoding_word_, "binary")) {
    encoding_ = transfer_encoding::binary;
  } else {
    encoding_ = transfer_encoding::other;
  }
}

void mime_walk::begin_header(section where, bool digest) {
  in_header_ = true;
  where_ = where;
  kind_ = digest ? kind::message : kind::leaf;
  encoding_ = transfer_encoding::seven_bit;
  boundary_.clear();
  digest_ = false;
}

void mime_walk::on_header_end() {
  in_header_ = false;
  bool const encoded = encoding_ == transfer_encoding::other;
  if (kind_ != kind::leaf && encoded && misplaced_encoding_.empty()) misplaced_encoding_ = encoding_word_;
  if (kind_ == kind::multipart && !boundary_.empty() && boundaries_.size() < limits_.nesting) {
    boundaries_.push_back({boundary_, digest_});
  } else if (kind_ == kind::message) {
    // An encoding does not belong here, and readers differ about what it means; what looks like a header is looked at.
    begin_header(section::nested, false);
  }
}

void mime_walk::on_body_line(std::string_view line) {
  if (boundaries_.empty() || !line.starts_with("--")) return;
  auto const rest = line.substr(2);
  for (auto open = boundaries_.size(); open-- > 0;) {
    if (!rest.starts_with(boundaries_[open].boundary)) continue;
    bool const closes = rest.substr(boundaries_[open].boundary.size()).starts_with("--");
    boundaries_.resize(closes ? open : open + 1);
    if (!closes) begin_header(section::part, boundaries_.back().digest);
    return;
  }
}

}  // namespace postern::rewrite
