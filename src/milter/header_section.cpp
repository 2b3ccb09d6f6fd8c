#include "milter/header_section.hpp"

#include "base/text.hpp"

namespace postern::milter {
namespace {

constexpr std::string_view line_end = "\r\n";

// Where the first field of `fields` ends: behind the line that no continuation line follows.
std::size_t length_of_first(std::string_view fields) {
  std::size_t at = 0;
  for (;;) {
    auto const end = fields.find('\n', at);
    if (end == std::string_view::npos) return fields.size();
    at = end + 1;
    if (at == fields.size() || (fields[at] != ' ' && fields[at] != '\t')) return at;
  }
}

}  // namespace

std::string_view field_name(std::string_view field) {
  auto const name = field.substr(0, field.find(':'));
  return name.substr(0, name.find_last_not_of(" \t") + 1);
}

std::string field_value(std::string_view field) {
  auto const colon = field.find(':');
  auto const behind = colon == std::string_view::npos ? std::string_view() : field.substr(colon + 1);
  std::string out;
  for (std::size_t i = 0; i < behind.size(); ++i) {
    bool const ends_line = behind[i] == '\r' && i + 1 < behind.size() && behind[i + 1] == '\n';
    if (!ends_line) out += behind[i];
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string format_field(std::string_view name, std::string_view value, bool leading_space) {
  std::string out;
  for (char const c : name) out += c == '\r' || c == '\n' || c == '\0' ? '?' : c;
  out += leading_space ? ":" : ": ";
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  bool first = true;
  for (auto line : split(value, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!first) out += line_end;
    if (!first && !line.starts_with(' ') && !line.starts_with('\t')) out += '\t';
    for (char const c : line) out += c == '\r' || c == '\0' ? ' ' : c;
    first = false;
  }
  out += line_end;
  return out;
}

bool header_section::grow_to(std::size_t octets) noexcept {
  octets_ = octets;
  return octets_ <= octets_max_;
}

bool header_section::append(std::string_view fields, bool ours) {
  if (!grow_to(octets_ + fields.size())) return false;
  while (!fields.empty()) {
    auto const length = length_of_first(fields);
    fields_.push_back({std::string(fields.substr(0, length)), ours});
    fields.remove_prefix(length);
  }
  return true;
}

bool header_section::add(std::string_view name, std::string_view value, bool leading_space) {
  fields_.push_back({format_field(name, value, leading_space), false});
  return grow_to(octets_ + fields_.back().text.size());
}

bool header_section::insert(std::uint32_t index, std::string_view name, std::string_view value, bool leading_space) {
  if (index >= fields_.size()) return add(name, value, leading_space);
  auto const made = fields_.insert(fields_.begin() + index, {format_field(name, value, leading_space), false});
  return grow_to(octets_ + made->text.size());
}

std::vector<header_section::field>::iterator header_section::find(std::uint32_t index, std::string_view name) {
  std::uint32_t seen = 0;
  for (auto at = fields_.begin(); at != fields_.end(); ++at) {
    if (!at->ours && iequals(field_name(at->text), name) && ++seen >= index) return at;
  }
  return fields_.end();
}

bool header_section::change(std::uint32_t index, std::string_view name, std::string_view value, bool leading_space) {
  auto const at = find(index, name);
  if (at == fields_.end()) return add(name, value, leading_space);
  auto text = format_field(name, value, leading_space);
  auto const octets = octets_ - at->text.size() + text.size();
  at->text = std::move(text);
  return grow_to(octets);
}

void header_section::remove(std::uint32_t index, std::string_view name) {
  auto const at = find(index, name);
  if (at == fields_.end()) return;
  octets_ -= at->text.size();
  fields_.erase(at);
}

std::string header_section::text() const {
  std::string out;
  out.reserve(octets_);
  for (auto const& one : fields_) out += one.text;
  return out;
}

}  // namespace postern::milter
