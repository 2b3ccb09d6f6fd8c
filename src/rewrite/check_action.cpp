#include "rewrite/check_action.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/header_filter.hpp"

namespace postern::rewrite {
namespace {

struct word_row {
  std::string_view word;
  check_kind kind;
  std::string_view logged;
};

constexpr word_row words[] = {
    {"DUNNO", check_kind::dunno, ""},
    {"OK", check_kind::dunno, ""},
    {"BCC", check_kind::bcc, "bcc"},
    {"DISCARD", check_kind::discard, "discard"},
    {"FILTER", check_kind::filter, "filter"},
    {"HOLD", check_kind::hold, "hold"},
    {"IGNORE", check_kind::ignore, "ignore"},
    {"INFO", check_kind::info, "info"},
    {"PASS", check_kind::pass, "pass"},
    {"PREPEND", check_kind::prepend, "prepend"},
    {"REDIRECT", check_kind::redirect, "redirect"},
    {"REJECT", check_kind::reject, "reject"},
    {"REPLACE", check_kind::replace, "replace"},
    {"STRIP", check_kind::strip, "strip"},
    {"WARN", check_kind::warn, "warning"},
};

// Length of "5.7.1" at the start of `text`, 0 when there is none. Only failures may be named. [RFC 3463 §2]
std::size_t status_length(std::string_view text) {
  if (text.empty() || (text[0] != '4' && text[0] != '5')) return 0;
  std::size_t at = 1;
  for (int part = 0; part < 2; ++part) {
    if (at >= text.size() || text[at] != '.') return 0;
    auto const digits = std::ranges::find_if_not(text.substr(at + 1), is_ascii_digit) - (text.begin() + at + 1);
    if (digits < 1 || digits > 3) return 0;
    at += 1 + static_cast<std::size_t>(digits);
  }
  return at == text.size() || is_ascii_space(text[at]) ? at : 0;
}

void take_status(check_action& action) {
  action.status = "5.7.1";
  if (auto const length = status_length(action.text); length != 0) {
    action.status = action.text.substr(0, length);
    action.text = trim(std::string_view(action.text).substr(length));
  }
  if (action.text.empty()) action.text = "message content rejected";
}

std::string turn_into_lines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\\n")) {
      out += '\n';
      ++i;
    } else if (text[i] != '\r') {
      out += text[i];
    }
  }
  return out;
}

result<check_action> check_line(check_action action, std::string_view word, std::string_view parameter,
                                check_place place) {
  if (action.text.empty()) return fail(fmt::format("{} action without text in {} map", word, parameter));
  if (place == check_place::header && message::field_name_length(action.text) == 0) {
    return fail(fmt::format("bad {} header text \"{}\" in {} map -- need \"headername: headervalue\"", word,
                            printable(action.text), parameter));
  }
  action.text = turn_into_lines(action.text);
  return action;
}

}  // namespace

std::string_view format_check_kind(check_kind kind) { return std::ranges::find(words, kind, &word_row::kind)->logged; }

result<check_action> parse_check_action(std::string_view value, std::string_view parameter, check_place place) {
  value = trim(value);
  auto const end = std::ranges::find_if(value, is_ascii_space) - value.begin();
  auto const word = value.substr(0, static_cast<std::size_t>(end));
  auto const* row = std::ranges::find_if(words, [word](word_row const& one) { return iequals(one.word, word); });
  if (row == std::end(words)) {
    return fail(fmt::format("unknown command in {} map: {}", parameter, printable(value)));
  }
  check_action action{row->kind, std::string(trim(value.substr(word.size()))), {}};
  switch (action.kind) {
    case check_kind::reject:
      take_status(action);
      break;
    case check_kind::replace:
    case check_kind::prepend:
      return check_line(std::move(action), row->word, parameter, place);
    case check_kind::filter:
      if (!action.text.contains(':')) {
        return fail(fmt::format("bad FILTER command {} in {} -- need transport:destination", printable(action.text),
                                parameter));
      }
      break;
    case check_kind::redirect:
    case check_kind::bcc:
      if (!action.text.contains('@')) {
        return fail(fmt::format("bad {} target \"{}\" in {} map -- need user@domain", row->word, printable(action.text),
                                parameter));
      }
      break;
    default:
      break;
  }
  return action;
}

}  // namespace postern::rewrite
