#include "message/header_filter.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace postern::message {
namespace {

constexpr std::string_view line_end = "\r\n";

bool is_space_or_tab(char c) { return c == ' ' || c == '\t'; }

// The line that mbox files begin with, pasted into a message. Postfix keeps it as a field.
bool is_mailbox_line(std::string_view line) {
  auto const arrows = line.find_first_not_of('>');
  return arrows != std::string_view::npos && istarts_with(line.substr(arrows), "From ");
}

bool contains(std::vector<std::string> const* names, std::string_view name) {
  return names != nullptr && std::ranges::any_of(*names, [name](auto const& entry) { return iequals(entry, name); });
}

}  // namespace

// White space before the colon is an old form that is still seen.
std::size_t field_name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 127 && line[length] != ':') ++length;
  auto const name_length = length;
  while (length < line.size() && is_space_or_tab(line[length])) ++length;
  return length < line.size() && line[length] == ':' ? name_length : 0;
}

void header_filter::reset(header_policy const& policy) {
  policy_ = policy;
  facts_ = {};
  field_.clear();
  line_.clear();
  header_octets_ = 0;
  in_body_ = false;
  at_start_ = true;
  skipping_line_ = false;
  resent_date_ = resent_message_id_ = resent_from_ = false;
  header_over_ = false;
}

std::size_t header_filter::feed(std::string_view content, std::string& output) {
  std::size_t taken = 0;
  while (!in_body_ && taken < content.size()) {
    auto const rest = content.substr(taken);
    auto const end = rest.find('\n');
    auto const part = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    bool const done = end == std::string_view::npos ? on_partial_line(part, output) : on_line_end(part, output);
    if (!done) return taken;
    taken += part.size();
  }
  if (!in_body_) return taken;
  if (!line_.empty()) {
    line_.erase(0, on_body(line_, output));
    if (!line_.empty()) return taken;
  }
  return taken + on_body(content.substr(taken), output);
}

std::size_t header_filter::on_body(std::string_view content, std::string& output) {
  if (policy_.editor != nullptr) return policy_.editor->edit_body(content, output);
  output += content;
  return content.size();
}

// What has no end yet is kept, up to the limit; a line beyond it is either body, or a field whose rest is thrown away.
bool header_filter::on_partial_line(std::string_view part, std::string& output) {
  if (skipping_line_) return true;
  line_ += part;
  if (line_.size() <= policy_.header_field_limit) return true;
  std::string line = std::move(line_);
  line_.clear();
  if (!on_line(line, output)) {
    line.resize(line.size() - part.size());
    line_ = std::move(line);
    return false;
  }
  skipping_line_ = !in_body_;
  if (skipping_line_) facts_.field_cut = true;
  return true;
}

bool header_filter::on_line_end(std::string_view part, std::string& output) {
  if (skipping_line_) {
    skipping_line_ = false;
    return true;
  }
  if (line_.empty()) return on_line(part, output);
  std::string line = std::move(line_) + std::string(part);
  line_.clear();
  if (on_line(line, output)) return true;
  line.resize(line.size() - part.size());
  line_ = std::move(line);
  return false;
}

// False: nothing of the line was taken.
bool header_filter::on_line(std::string_view line, std::string& output) {
  bool const is_empty = line == line_end;
  if (!is_empty && is_space_or_tab(line.front()) && !field_.empty()) {
    append_to_field(line);
    return true;
  }
  if (!end_field(output)) return false;
  // Where a line comes in parts no more of it may be known than this, so no more of it may count.
  auto const beginning = line.substr(0, policy_.header_field_limit);
  if (at_start_ && is_mailbox_line(beginning)) {
    at_start_ = false;
    field_ = "X-Mailbox-Line: ";
    append_to_field(line);
    return true;
  }
  at_start_ = false;
  if (field_name_length(beginning) != 0) {
    append_to_field(line);
    return true;
  }
  if (!end_header(output)) return false;
  in_body_ = true;
  // A line that is no field begins the body; the empty line that should part them is put in.
  emit(line_end, output);
  if (!is_empty) line_ = line;
  return true;
}

// Takes a line with its CRLF into the field, as much of it as the limit allows.
void header_filter::append_to_field(std::string_view line) {
  auto const room = policy_.header_field_limit - std::min(policy_.header_field_limit, field_.size());
  if (line.size() <= room) {
    field_ += line;
    return;
  }
  facts_.field_cut = true;
  constexpr std::size_t least_worth_keeping = 4;
  if (room < least_worth_keeping && !field_.empty()) return;
  field_ += line.substr(0, room - std::min(room, line_end.size()));
  while (!field_.empty() && (field_.back() == '\r' || field_.back() == '\n')) field_.pop_back();
  field_ += line_end;
}

// False: the editor waits.
bool header_filter::end_field(std::string& output) {
  if (field_.empty()) return true;
  std::string before;
  auto verdict = content_editor::verdict::go_on;
  if (policy_.editor != nullptr) verdict = policy_.editor->edit_field(field_, before);
  if (verdict == content_editor::verdict::wait) return false;
  emit(before, output);
  if (verdict == content_editor::verdict::go_on) {
    auto const field = std::string_view(field_);
    auto const name = field.substr(0, field_name_length(field));
    note_field(name, trim(field.substr(field.find(':') + 1)));
    if (!contains(policy_.drop, name)) emit(field, output);
  }
  field_.clear();
  return true;
}

void header_filter::note_field(std::string_view name, std::string_view value) {
  if (iequals(name, "Received")) {
    ++facts_.received_count;
  } else if (iequals(name, "Date")) {
    facts_.has_date = true;
  } else if (iequals(name, "From")) {
    facts_.has_from = true;
  } else if (iequals(name, "Subject")) {
    facts_.has_subject = true;
  } else if (istarts_with(name, "Resent-")) {
    note_resent(name.substr(std::string_view("Resent-").size()));
  } else if (iequals(name, "To") || iequals(name, "Cc")) {
    facts_.has_recipients = true;
  } else if (iequals(name, "Message-ID")) {
    facts_.has_message_id = true;
    if (facts_.message_id.empty()) facts_.message_id = printable(value);
  }
}

void header_filter::note_resent(std::string_view what) {
  facts_.resent = true;
  resent_date_ = resent_date_ || iequals(what, "Date");
  resent_message_id_ = resent_message_id_ || iequals(what, "Message-ID");
  resent_from_ = resent_from_ || iequals(what, "From");
  facts_.has_recipients = facts_.has_recipients || iequals(what, "To") || iequals(what, "Cc");
}

void header_filter::add_missing(std::string& output) {
  auto const add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    for (auto const part : {facts_.resent ? std::string_view("Resent-") : std::string_view(), name, value, line_end}) {
      emit(part, output);
    }
  };
  if (facts_.resent ? !resent_message_id_ : !facts_.has_message_id) {
    if (facts_.message_id.empty()) facts_.message_id = policy_.message_id;
    add("Message-Id: ", policy_.message_id);
  }
  if (facts_.resent ? !resent_date_ : !facts_.has_date) add("Date: ", policy_.date);
  if (facts_.resent ? !resent_from_ : !facts_.has_from) add("From: ", policy_.from);
}

bool header_filter::end_header(std::string& output) {
  if (!std::exchange(header_over_, true) && policy_.add_missing) add_missing(output);
  if (policy_.editor == nullptr) return true;
  std::string added;
  if (policy_.editor->end_header(facts_, added) == content_editor::verdict::wait) return false;
  emit(added, output);
  return true;
}

void header_filter::emit(std::string_view text, std::string& output) {
  output += text;
  header_octets_ += text.size();
}

bool header_filter::finish(std::string& output) {
  if (!in_body_ && !line_.empty()) {
    std::string line = line_ + std::string(line_end);
    line_.clear();
    if (!on_line(line, output)) {
      line.resize(line.size() - line_end.size());
      line_ = std::move(line);
      return false;
    }
  }
  if (in_body_) {
    line_.erase(0, on_body(line_, output));
    return line_.empty();
  }
  return end_field(output) && end_header(output);
}

}  // namespace postern::message
