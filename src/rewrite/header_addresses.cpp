#include "rewrite/header_addresses.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "message/address.hpp"
#include "message/header_filter.hpp"

namespace postern::rewrite {
namespace {

struct role_row {
  std::string_view name;
  field_role role;
};
constexpr role_row roles[] = {
    {"From", field_role::sender},
    {"Sender", field_role::sender},
    {"Reply-To", field_role::sender},
    {"Errors-To", field_role::sender},
    {"Return-Receipt-To", field_role::sender},
    {"Disposition-Notification-To", field_role::sender},
    {"Mail-Followup-To", field_role::sender},
    {"Resent-From", field_role::sender},
    {"Resent-Sender", field_role::sender},
    {"To", field_role::recipient},
    {"Cc", field_role::recipient},
    {"Apparently-To", field_role::recipient},
    {"Resent-To", field_role::recipient},
    {"Resent-Cc", field_role::recipient},
    {"Resent-Reply-To", field_role::recipient},
};

enum class word_kind : std::uint8_t { atom, quoted, special };
struct word {
  word_kind kind;
  std::size_t offset;
  std::size_t length;
};

constexpr std::size_t usual_words = 16;

constexpr bool is_special(char c) {
  switch (c) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '@':
    case ',':
    case ';':
    case ':':
    case '.':
    case '"':
    case '[':
    case ']':
    case '\\':
      return true;
    default:
      return false;
  }
}

// The end of a quoted string or a literal that begins at `at`; the end of the text when it is not closed.
std::size_t closing(std::string_view text, std::size_t at, char close) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == close) {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t end_of_comment(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '(') {
      ++depth;
    } else if (text[at] == ')' && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

std::vector<word> split_words(std::string_view text, std::size_t begin, std::size_t words_max) {
  std::vector<word> out;
  out.reserve(usual_words);
  std::size_t at = begin;
  while (at < text.size() && out.size() < words_max) {
    char const c = text[at];
    auto const start = at;
    if (is_ascii_space(c)) {
      ++at;
    } else if (c == '(') {
      at = end_of_comment(text, at);
    } else if (c == '"') {
      at = std::min(closing(text, at, '"'), text.size());
      out.push_back({word_kind::quoted, start, at - start});
    } else if (c == '[') {
      at = std::min(closing(text, at, ']'), text.size());
      out.push_back({word_kind::atom, start, at - start});
    } else if (is_special(c)) {
      out.push_back({word_kind::special, start, 1});
      ++at;
    } else {
      while (at < text.size() && !is_ascii_space(text[at]) && !is_special(text[at])) ++at;
      out.push_back({word_kind::atom, start, at - start});
    }
  }
  return out;
}

class finder {
 public:
  /// `cut`: there were more words than these.
  finder(std::string_view text, std::vector<word> words, bool cut) : text_(text), words_(std::move(words)), cut_(cut) {}

  std::vector<address_place> find() {
    std::size_t first = 0;
    for (std::size_t i = 0; i <= words_.size(); ++i) {
      if (i < words_.size() && is(i, '<')) {
        i = take_angle(i);
        first = i + 1;
        in_angle_ = true;
        continue;
      }
      bool const ends = i == words_.size() || is(i, ',') || is(i, ';');
      bool const names_group = i < words_.size() && is(i, ':');
      if (!ends && !names_group) continue;
      bool const is_whole = i < words_.size() || !cut_;
      if (ends && !in_angle_ && is_whole) take_plain(first, i);
      in_angle_ = false;
      first = i + 1;
    }
    return std::move(found_);
  }

 private:
  bool is(std::size_t at, char c) const {
    return words_[at].kind == word_kind::special && text_[words_[at].offset] == c;
  }

  // "<@relay,@relay2:user@domain>"; gives the index of what ends it.
  std::size_t take_angle(std::size_t open) {
    std::size_t first = open + 1;
    std::size_t i = first;
    for (; i < words_.size() && !is(i, '>'); ++i) {
      if (is(i, ':')) first = i + 1;
    }
    if (i < words_.size() && add(first, i)) start_at_route(open + 1, first);
    return i;
  }

  // An address without angle brackets: words joined by dots around one '@'. Two words side by side are a phrase.
  void take_plain(std::size_t first, std::size_t last) {
    bool after_word = false;
    for (auto i = first; i < last; ++i) {
      bool const is_word = words_[i].kind != word_kind::special;
      if (is_word && after_word) return;
      if (!is_word && !is(i, '.') && !is(i, '@')) return;
      after_word = is_word;
    }
    add(first, last);
  }

  void start_at_route(std::size_t route, std::size_t address) {
    if (route == address) return;
    auto& place = found_.back();
    place.length += place.offset - words_[route].offset;
    place.offset = words_[route].offset;
    place.routed = true;
  }

  bool add(std::size_t first, std::size_t last) {
    if (first >= last) return false;
    std::string address;
    address.reserve(words_[last - 1].offset + words_[last - 1].length - words_[first].offset);
    for (auto i = first; i < last; ++i) address += text_.substr(words_[i].offset, words_[i].length);
    auto const begin = words_[first].offset;
    auto const end = words_[last - 1].offset + words_[last - 1].length;
    if (!is_plain_address(address)) {
      if (!message::is_valid_utf8(address) || message::split_address(address).local_part.empty()) return false;
      std::erase_if(address, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
      address = message::format_address(message::split_address(address).local_part, message::domain_of(address));
    }
    found_.push_back({begin, end - begin, std::move(address)});
    return true;
  }

  std::string_view text_;
  std::vector<word> words_;
  std::vector<address_place> found_;
  bool in_angle_ = false;
  bool cut_;
};

}  // namespace

bool is_plain_address(std::string_view address) {
  auto const at = address.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  char before = '.';
  for (std::size_t i = 0; i < address.size(); ++i) {
    char const c = address[i];
    bool const dot_ok = c == '.' && before != '.' && i + 1 != at;
    bool const is_common = is_ascii_alnum(c) || c == '-' || c == '_' || c == '+' || c == '=';
    if (!is_common && i != at && !dot_ok) return false;
    before = c;
  }
  return true;
}

field_role role_of_field(std::string_view name) {
  auto const* row = std::ranges::find_if(roles, [name](role_row const& one) { return iequals(one.name, name); });
  return row == std::end(roles) ? field_role::other : row->role;
}

std::vector<address_place> find_addresses(std::string_view field, std::size_t words_max) {
  auto const colon = field.find(':');
  if (colon == std::string_view::npos) return {};
  auto words = split_words(field, colon + 1, words_max);
  bool const cut = words.size() >= words_max;
  return finder(field, std::move(words), cut).find();
}

std::string replace_addresses(std::string_view field, std::vector<address_place> const& places,
                              std::vector<std::string> const& addresses) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    out += field.substr(at, places[i].offset - at);
    out += addresses[i];
    at = places[i].offset + places[i].length;
  }
  out += field.substr(at);
  return out;
}

}  // namespace postern::rewrite
