#include "message/header_filter.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::message {
namespace {

constexpr std::string_view line_end = "\r\n";

bool is_space_or_tab(char c) { return c == ' ' || c == '\t'; }

// Length of the field name of a header line, 0 when the line is none. White space before the colon is an old form that
// is still seen. [RFC 5322 §2.2, §4.5]
std::size_t field_name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 127 && line[length] != ':') ++length;
  auto const name_length = length;
  while (length < line.size() && is_space_or_tab(line[length])) ++length;
  return length < line.size() && line[length] == ':' ? name_length : 0;
}

// The line that mbox files begin with, pasted into a message. Postfix keeps it as a field.
bool is_mailbox_line(std::string_view line) {
  auto const arrows = line.find_first_not_of('>');
  return arrows != std::string_view::npos && istarts_with(line.substr(arrows), "From ");
}

bool contains(std::vector<std::string> const* names, std::string_view name) {
  return names != nullptr && std::ranges::any_of(*names, [name](auto const& entry) { return iequals(entry, name); });
}

}  // namespace

std::vector<std::string> const& origin_revealing_fields() {
  static std::vector<std::string> const names{
      "x-originating-ip", "x-original-ip", "x-sender-ip",         "x-senderip",      "x-client-ip",  "x-clientip",
      "x-remote-ip",      "x-remote-addr", "x-real-ip",           "x-forwarded-for", "x-source-ip",  "x-aol-ip",
      "x-yahoo-post-ip",  "x-eip",         "x-http-posting-host", "x-origin-ip",     "x-mdremoteip",
  };
  return names;
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
}

void header_filter::feed(std::string_view content, std::string& output) {
  while (!in_body_ && !content.empty()) {
    auto const end = content.find('\n');
    auto const part = content.substr(0, end == std::string_view::npos ? end : end + 1);
    content.remove_prefix(part.size());
    if (end == std::string_view::npos) {
      if (!skipping_line_) on_partial_line(part, output);
    } else if (skipping_line_) {
      skipping_line_ = false;
    } else if (line_.empty()) {
      on_line(part, output);
    } else {
      line_ += part;
      std::string const line = std::move(line_);
      line_.clear();
      on_line(line, output);
    }
  }
  output += content;
}

// What has no end yet is kept, up to the limit; a line beyond it is either body, or a field whose rest is thrown away.
void header_filter::on_partial_line(std::string_view part, std::string& output) {
  line_ += part;
  if (line_.size() <= policy_.header_field_limit) return;
  std::string const line = std::move(line_);
  line_.clear();
  on_line(line, output);
  skipping_line_ = !in_body_;
  if (skipping_line_) facts_.field_cut = true;
}

void header_filter::on_line(std::string_view line, std::string& output) {
  bool const first = std::exchange(at_start_, false);
  bool const is_empty = line == line_end;
  if (!is_empty && is_space_or_tab(line.front()) && !field_.empty()) return append_to_field(line);
  end_field(output);
  // Where a line comes in parts no more of it may be known than this, so no more of it may count.
  auto const beginning = line.substr(0, policy_.header_field_limit);
  if (first && is_mailbox_line(beginning)) {
    field_ = "X-Mailbox-Line: ";
    return append_to_field(line);
  }
  if (field_name_length(beginning) != 0) return append_to_field(line);
  end_header(output);
  in_body_ = true;
  // A line that is no field begins the body; the empty line that should part them is put in.
  emit(line_end, output);
  if (!is_empty) output += line;
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

void header_filter::end_field(std::string& output) {
  if (field_.empty()) return;
  auto const field = std::string_view(field_);
  auto const name = field.substr(0, field_name_length(field));
  note_field(name, trim(field.substr(field.find(':') + 1)));
  if (!contains(policy_.drop, name) && !contains(policy_.drop_private, name)) emit(field, output);
  field_.clear();
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
  } else if (iequals(name, "Message-ID")) {
    facts_.has_message_id = true;
    if (facts_.message_id.empty()) facts_.message_id = printable(value);
  }
}

void header_filter::end_header(std::string& output) {
  if (!policy_.add_missing) return;
  if (!facts_.has_message_id && !policy_.message_id.empty()) {
    facts_.message_id = policy_.message_id;
    for (auto const part : {std::string_view("Message-Id: "), policy_.message_id, line_end}) emit(part, output);
  }
  if (!facts_.has_date && !policy_.date.empty()) {
    for (auto const part : {std::string_view("Date: "), policy_.date, line_end}) emit(part, output);
  }
}

void header_filter::emit(std::string_view text, std::string& output) {
  output += text;
  header_octets_ += text.size();
}

void header_filter::finish(std::string& output) {
  if (in_body_) return;
  if (!line_.empty()) {
    line_ += line_end;
    std::string const line = std::move(line_);
    line_.clear();
    on_line(line, output);
    if (in_body_) return;
  }
  end_field(output);
  end_header(output);
}

}  // namespace postern::message
