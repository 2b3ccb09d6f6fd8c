// message_editor: the body, its parts' headers among it.
#include <algorithm>

#include "base/text.hpp"
#include "message/address.hpp"
#include "rewrite/message_editor.hpp"

namespace postern::rewrite {
namespace {

constexpr std::string_view line_end = "\r\n";

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::size_t message_editor::edit_body(std::string_view content, std::string& output) {
  if (!sees_body() || is_over()) {
    output += std::exchange(partial_, {});
    output += content;
    return content.size();
  }
  std::size_t taken = 0;
  while (taken < content.size()) {
    auto const rest = content.substr(taken);
    auto const end = rest.find('\n');
    bool const in_header = walk_.in_header();
    auto const room = std::max<std::size_t>(1, (in_header ? options_.header_field_limit : options_.line_limit) -
                                                   std::min(partial_.size(), options_.line_limit - 1));
    auto const part = rest.substr(0, std::min({end == std::string_view::npos ? rest.size() : end + 1, room}));
    bool const whole = part.ends_with('\n') || part.size() == room;
    if (whole) {
      bool const done = partial_.empty() ? edit_line(part, output) : edit_line(partial_ + std::string(part), output);
      if (!done) return taken;
      partial_.clear();
    } else {
      partial_ += part;
    }
    taken += part.size();
  }
  return taken;
}

bool message_editor::finish(std::string& output) {
  if (is_over()) {
    output += field_ + partial_;
    field_.clear();
    partial_.clear();
    return true;
  }
  if (!partial_.empty()) {
    if (!edit_line(partial_, output)) return false;
    partial_.clear();
  }
  return end_part_field(output);
}

// False: waits, and nothing of the line was taken.
bool message_editor::edit_line(std::string_view line, std::string& output) {
  auto const text = without_line_end(line);
  if (walk_.in_header()) {
    bool const continues = !text.empty() && (text.front() == ' ' || text.front() == '\t') && !field_.empty();
    if (continues && field_.size() + line.size() <= options_.header_field_limit) {
      field_ += line;
      return true;
    }
    if (!end_part_field(output)) return false;
    if (message::field_name_length(text) != 0) {
      field_ = line;
      return true;
    }
    walk_.on_header_end();
    body_octets_ = 0;
    if (options_.strict.encoding_domain && !walk_.misplaced_encoding().empty()) {
      refuse_mime("invalid message/* or multipart/* encoding domain", walk_.misplaced_encoding());
    }
    if (text.empty()) {
      output += line;
      return true;
    }
    while (walk_.in_header()) walk_.on_header_end();
  }
  return edit_text(line, text, output);
}

bool message_editor::end_part_field(std::string& output) {
  if (field_.empty()) return true;
  auto checked = checking_ ? options_.checks->ask_field(field_, walk_.where(), known_) : check_answer{};
  if (checked.is == check_answer::state::wait) return false;
  known_ = {};
  if (checked.is == check_answer::state::failed) fail(std::move(checked.why));
  auto const& action = checked.action;
  inspect_header(field_);
  bool const dropped = apply(action, check_place::header, join_field(field_));
  if (action.kind == check_kind::prepend) output += split_field(action.text);
  if (!dropped) output += action.kind == check_kind::replace ? split_field(action.text) : field_;
  walk_.on_field(field_);
  field_.clear();
  return true;
}

bool message_editor::edit_text(std::string_view line, std::string_view text, std::string& output) {
  auto const limit = options_.checks != nullptr ? options_.checks->body_size_limit() : 0;
  bool const looks = checking_ && (limit == 0 || body_octets_ < limit);
  auto checked = looks ? options_.checks->ask_line(text, known_) : check_answer{};
  if (checked.is == check_answer::state::wait) return false;
  known_ = {};
  if (checked.is == check_answer::state::failed) fail(std::move(checked.why));
  auto const& action = checked.action;
  bool const dropped = apply(action, check_place::body, text);
  auto const end = line.substr(text.size());
  auto const append_lines = [&](std::string_view lines, std::string_view last_end) {
    for (std::size_t at = 0; at <= lines.size();) {
      auto const next = std::min(lines.find('\n', at), lines.size());
      output += lines.substr(at, next - at);
      output += next == lines.size() ? last_end : line_end;
      at = next + 1;
    }
  };
  if (action.kind == check_kind::prepend) append_lines(action.text, line_end);
  if (action.kind == check_kind::replace) {
    append_lines(action.text, end);
  } else if (!dropped) {
    output += line;
  }
  if (options_.strict.eight_bit_body && walk_.encoding() == transfer_encoding::seven_bit && !message::is_ascii(text)) {
    refuse_mime("improper use of 8-bit data in message body", text);
  }
  body_octets_ += text.size() + 1;  // as Postfix counts them
  walk_.on_body_line(text);
  return true;
}

}  // namespace postern::rewrite
