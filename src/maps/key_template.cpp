#include "maps/key_template.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

constexpr std::string_view fields = "sudSUD123456789";

std::string_view value_of(char field, address_parts const& key, address_parts const& value) {
  switch (field) {
    case 's':
      return value.whole();
    case 'u':
      return value.user();
    case 'd':
      return value.domain();
    case 'S':
      return key.whole();
    case 'U':
      return key.user();
    case 'D':
      return key.domain();
    default:
      return key.label(static_cast<std::size_t>(field - '0'));
  }
}

}  // namespace

address_parts::address_parts(std::string_view text) : whole_(text), user_(text) {
  auto const at = text.rfind('@');
  if (at == std::string_view::npos) return;
  user_ = text.substr(0, at);
  domain_ = text.substr(at + 1);
  labels_ = split_any(domain_, ".");
  std::ranges::reverse(labels_);
}

std::string_view address_parts::label(std::size_t number) const {
  return number <= labels_.size() ? labels_[number - 1] : std::string_view();
}

result<key_template> key_template::parse(std::string_view text) {
  key_template out;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      literal += text[i];
      continue;
    }
    char const field = ++i < text.size() ? text[i] : '\0';
    if (field == '%') {
      literal += '%';
    } else if (field != '\0' && fields.contains(field)) {
      if (!literal.empty()) out.pieces_.push_back({.text = std::exchange(literal, {}), .field = '\0'});
      out.pieces_.push_back({.text = {}, .field = field});
    } else {
      return fail(fmt::format("% stands before none of {} and %: write %% for the character itself", fields));
    }
  }
  if (!literal.empty()) out.pieces_.push_back({.text = std::move(literal), .field = '\0'});
  return out;
}

std::optional<std::string> key_template::expand(address_parts const& key, address_parts const& value,
                                                quoter const& quote) const {
  if (value.whole().empty()) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    auto const& one = pieces_[i];
    if (one.field == '\0') {
      out += one.text;
      continue;
    }
    auto const part = value_of(one.field, key, value);
    if (part.empty()) return std::nullopt;
    auto const quoted = quote(part, i);
    if (!quoted) return std::nullopt;
    out += *quoted;
  }
  return out;
}

std::optional<std::string> key_template::expand(address_parts const& key, address_parts const& value) const {
  return expand(key, value, [](std::string_view part, std::size_t) { return std::string(part); });
}

bool key_template::fits_key(address_parts const& key) const {
  return std::ranges::all_of(pieces_, [&](piece const& one) {
    bool const of_value = one.field == '\0' || one.field == 's' || one.field == 'u' || one.field == 'd';
    return of_value || !value_of(one.field, key, key).empty();
  });
}

bool key_template::is_fixed() const {
  return std::ranges::all_of(pieces_, [](piece const& one) { return one.field == '\0'; });
}

bool value_list::add(std::string_view value) {
  auto const made = format_.expand(key_, address_parts(value));
  if (!made) return true;
  if (limit_ != 0 && ++count_ > limit_) return false;
  if (!text_.empty()) text_ += ',';
  text_ += *made;
  return true;
}

std::optional<std::string> value_list::take() {
  if (text_.empty()) return std::nullopt;
  return std::move(text_);
}

}  // namespace postern::maps
