#include "milter/reply.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::milter {
namespace {

using outcome = std::expected<reply, reply_error>;

std::unexpected<reply_error> broken(std::string text) { return std::unexpected(reply_error{false, std::move(text)}); }
std::unexpected<reply_error> impossible(std::string text) {
  return std::unexpected(reply_error{true, std::move(text)});
}

struct letter_row {
  char letter;
  word meaning;
};
constexpr letter_row words[] = {
    {'c', word::proceed}, {'a', word::accept}, {'r', word::reject},   {'t', word::temporary_failure},
    {'d', word::discard}, {'s', word::skip},   {'p', word::progress}, {'4', word::shut_down},
};

// libmilter doubles each '%' because Sendmail prints the text by printf; what follows a '%' stands for itself.
std::string remove_percent_signs(std::string_view text) {
  std::string out;
  bool escaped = false;
  for (char const c : text) {
    escaped = c == '%' && !escaped;
    if (!escaped) out += c;
  }
  return out;
}

bool begins_as_reply(std::string_view line) {
  return line.size() >= 3 && (line[0] == '4' || line[0] == '5') && is_ascii_digit(line[1]) && is_ascii_digit(line[2]) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

// "5.7.1 text" gives "5.7.1"; empty when there is none, or when it contradicts the code. [RFC 3463 §2]
std::string_view enhanced_code(std::string_view text, char first_digit) {
  auto const code = text.substr(0, text.find(' '));
  auto const parts = split(code, '.');
  if (parts.size() != 3 || parts[0].size() != 1 || parts[0][0] != first_digit) return {};
  for (auto const part : parts) {
    if (part.empty() || part.size() > 3 || !parse_unsigned(part)) return {};
  }
  return code;
}

std::string_view text_of_line(std::string_view line) { return line.size() > 4 ? line.substr(4) : std::string_view(); }

outcome parse_index_and_header(packet const& from) {
  packet_cursor at(from.data);
  auto const index = at.take_u32();
  std::string name(at.take_text());
  std::string value(at.take_text());
  if (at.failed() || !at.empty()) return broken("a malformed request to change a header");
  constexpr std::uint32_t index_max = 0x7fffffff;
  if (index > index_max) return impossible(fmt::format("a request for header number {}", index));
  if (from.letter == 'i') return modification(insert_header{index, std::move(name), std::move(value)});
  if (name.empty()) return impossible("a request to change a header without a name");
  return modification(change_header{index, std::move(name), std::move(value)});
}

template <class Made>
outcome parse_address(packet const& from, bool arguments_allowed) {
  packet_cursor at(from.data);
  Made out;
  out.address = at.take_text();
  if constexpr (requires { out.arguments; }) {
    if (arguments_allowed && !at.failed() && !at.empty()) out.arguments = at.take_text();
  }
  if (at.failed() || !at.empty()) return broken("a malformed request to change the envelope");
  return modification(std::move(out));
}

outcome parse_added_header(packet const& from) {
  packet_cursor at(from.data);
  std::string name(at.take_text());
  std::string value(at.take_text());
  if (at.failed() || !at.empty()) return broken("a malformed request to add a header");
  return modification(add_header{std::move(name), std::move(value)});
}

outcome parse_quarantine(packet const& from) {
  packet_cursor at(from.data);
  std::string reason(at.take_text());
  if (at.failed() || !at.empty()) return broken("a malformed request for quarantine");
  return quarantine{printable(reason)};
}

}  // namespace

std::expected<client_reply, reply_error> parse_client_reply(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  auto const plain = remove_percent_signs(text);
  client_reply out;
  bool first = true;
  for (auto line : split(plain, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() && !first) continue;
    if (!begins_as_reply(line)) return impossible("a reply that is none: \"" + printable(plain, 200) + "\"");
    int const code = static_cast<int>(*parse_unsigned(line.substr(0, 3)));
    if (!first && code != out.code) return impossible("a reply of several codes: \"" + printable(plain, 200) + "\"");
    auto const words_of_line = text_of_line(line);
    auto const enhanced = enhanced_code(words_of_line, line[0]);
    if (first) out.enhanced = enhanced;
    out.code = code;
    out.text += first ? "" : "\n";
    // Lines that disagree about the enhanced code keep it in their texts.
    bool const shared = !out.enhanced.empty() && enhanced == out.enhanced;
    auto const shown =
        shared ? words_of_line.substr(std::min(enhanced.size() + 1, words_of_line.size())) : words_of_line;
    out.text += printable(shown);
    first = false;
  }
  return out;
}

outcome parse_reply(packet const& from) {
  for (auto const& row : words) {
    if (row.letter != from.letter) continue;
    if (!from.data.empty()) return broken(fmt::format("{} octets behind an answer that has none", from.data.size()));
    return row.meaning;
  }
  switch (from.letter) {
    case 'y': {
      auto parsed = parse_client_reply(from.data);
      if (!parsed) return std::unexpected(std::move(parsed.error()));
      return std::move(*parsed);
    }
    case 'q':
      return parse_quarantine(from);
    case 'h':
      return parse_added_header(from);
    case 'i':
    case 'm':
      return parse_index_and_header(from);
    case 'e':
      return parse_address<change_sender>(from, true);
    case '+':
      return parse_address<add_recipient>(from, false);
    case '2':
      return parse_address<add_recipient>(from, true);
    case '-':
      return parse_address<delete_recipient>(from, false);
    case 'b':
      return modification(replace_body{std::string(from.data)});
    case 'f':
      return broken("the filter gave the connection up");
    default:
      return broken(fmt::format("an answer nobody knows: \"{}\"", printable(std::string_view(&from.letter, 1))));
  }
}

}  // namespace postern::milter
