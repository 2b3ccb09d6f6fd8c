#include "auth/backend/rimap_protocol.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

// Longer strings go as literals, for the sake of servers with short lines.
constexpr std::size_t quoted_octets_max = 200;

bool fits_quotes(std::string_view text) {
  return text.size() <= quoted_octets_max && std::ranges::all_of(text, is_ascii_printable);
}

/// Adds an astring to the last piece, and begins another piece when it is a literal.
void add_string(std::vector<secret>& pieces, std::string_view text) {
  std::string piece(pieces.back().reveal());
  if (!fits_quotes(text)) {
    pieces.back() = secret(piece + fmt::format("{{{}}}\r\n", text.size()));
    pieces.emplace_back(text);
    wipe(piece);
    return;
  }
  piece += '"';
  for (char const c : text) {
    if (c == '"' || c == '\\') piece += '\\';
    piece += c;
  }
  piece += '"';
  pieces.back() = secret(std::move(piece));
}

std::string_view take_word(std::string_view& text) {
  auto const end = std::min(text.find(' '), text.size());
  auto const word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

imap_line::condition parse_condition(std::string_view word) {
  using enum imap_line::condition;
  struct row {
    std::string_view word;
    imap_line::condition status;
  };
  constexpr std::array<row, 5> rows = {{{"OK", ok}, {"NO", no}, {"BAD", bad}, {"BYE", bye}, {"PREAUTH", preauth}}};
  auto const* const found = std::ranges::find_if(rows, [&](row const& known) { return iequals(known.word, word); });
  return found == rows.end() ? none : found->status;
}

}  // namespace

std::optional<std::vector<secret>> format_imap_login(std::string_view tag, std::string_view user,
                                                     secret const& password) {
  if (user.contains('\0') || password.reveal().contains('\0')) return std::nullopt;
  std::vector<secret> pieces;
  pieces.emplace_back(fmt::format("{} LOGIN ", tag));
  add_string(pieces, user);
  pieces.back() = secret(std::string(pieces.back().reveal()) + ' ');
  add_string(pieces, password.reveal());
  pieces.back() = secret(std::string(pieces.back().reveal()) + "\r\n");
  return pieces;
}

bool imap_line::offers(std::string_view capability) const {
  if (code != "CAPABILITY" && !istarts_with(text, "CAPABILITY ")) return false;
  auto const words = split_any(std::string_view(text).substr(0, text.find(']')), " []");
  return std::ranges::any_of(words, [&](auto word) { return iequals(word, capability); });
}

imap_line parse_imap_line(std::string_view line, std::string_view tag) {
  imap_line parsed;
  auto rest = line;
  auto const first = take_word(rest);
  if (first == "+") {
    parsed.what = imap_line::kind::continuation;
  } else if (first == "*") {
    parsed.what = imap_line::kind::untagged;
  } else if (first == tag) {
    parsed.what = imap_line::kind::tagged;
  } else {
    parsed.text = line;
    return parsed;
  }
  if (parsed.what != imap_line::kind::continuation) {
    auto after = rest;
    parsed.status = parse_condition(take_word(after));
    if (parsed.status != imap_line::condition::none) rest = after;
  }
  parsed.text = rest;
  if (rest.starts_with('[')) {
    parsed.code = uppercase(rest.substr(1, std::min(rest.find_first_of(" ]"), rest.size()) - 1));
  }
  return parsed;
}

}  // namespace postern::auth
