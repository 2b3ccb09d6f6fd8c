#include "admin/handed_message.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.hpp"
#include "message/address.hpp"
#include "rewrite/header_addresses.hpp"

namespace postern::admin {
namespace {

constexpr std::size_t line_octets_max = 64U << 10U;

// [RFC 5322 §3.6.8]; white space in front of the colon as in old messages.
std::string_view field_name(std::string_view line) {
  auto const colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  auto const name = line.substr(0, colon);
  auto const end = name.find_last_not_of(" \t");
  if (end == std::string_view::npos) return {};
  auto const trimmed = name.substr(0, end + 1);
  bool const printable = std::ranges::all_of(trimmed, [](char c) { return c > ' ' && c < 127; });
  return printable ? trimmed : std::string_view();
}

void append_once(std::vector<std::string>& to, std::string address) {
  if (std::ranges::find(to, address) == to.end()) to.push_back(std::move(address));
}

bool is_atom_text(char c) {
  return is_ascii_alpha(c) || is_ascii_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~ ").contains(c);
}

}  // namespace

result<> handed_message::put(std::string_view text) {
  eight_bit_ = eight_bit_ || !message::is_ascii(text);
  size_ += text.size();
  if (rules_.size_limit != 0 && size_ > rules_.size_limit) {
    too_large_ = true;
    return fail("message file too big");
  }
  if (!file_ && memory_.size() + text.size() > memory_octets) {
    file_.reset(std::tmpfile());
    if (!file_) return fail_errno("a temporary file", errno);
  }
  if (!file_) {
    memory_ += text;
  } else if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
    return fail_errno("a temporary file", errno);
  }
  return {};
}

void handed_message::end_field() {
  if (field_.empty()) return;
  auto const name = field_name(field_);
  bool const resent = istarts_with(name, "Resent-");
  resent_ = resent_ || resent;
  has_from_ = has_from_ || iequals(name, "From");
  has_resent_from_ = has_resent_from_ || iequals(name, "Resent-From");
  auto const kind = resent ? name.substr(7) : name;
  if (iequals(kind, "To") || iequals(kind, "Cc") || iequals(kind, "Bcc")) {
    for (auto& place : rewrite::find_addresses(field_)) {
      if (!place.address.empty()) append_once(resent ? resent_to_ : to_, std::move(place.address));
    }
  }
  field_.clear();
}

// `with_separator`: what follows is no empty line.
result<> handed_message::end_header(bool with_separator) {
  end_field();
  in_header_ = false;
  bool const has = resent_ ? has_resent_from_ : has_from_;
  std::string text;
  if (!has && !rules_.from.empty()) text = (resent_ ? "Resent-From: " : "From: ") + rules_.from + "\r\n";
  if (with_separator) text += "\r\n";
  return put(text);
}

// What the beginning of a line says; false: the line is none of the message.
result<bool> handed_message::begin_line(std::string_view line) {
  if (at_top_ && (line.starts_with("From ") || line.starts_with(">From "))) return false;
  at_top_ = false;
  if (rules_.dot_ends && line == ".") {
    ended_ = true;
    return false;
  }
  bool const continues = !field_.empty() && (line.starts_with(' ') || line.starts_with('\t'));
  if (!in_header_ || continues) return true;
  if (field_name(line).empty()) {
    if (auto ended = end_header(!line.empty()); !ended) return std::unexpected(ended.error());
  } else {
    end_field();
  }
  return true;
}

// The next of a line that is in the message.
result<> handed_message::put_part(std::string_view part, bool begins, std::string_view end) {
  if (in_header_ && field_.size() < field_octets_max) field_.append(part).append(end);
  std::string out;
  if (begins && part.starts_with('.')) out = ".";
  return put(out.append(part).append(end));
}

result<> handed_message::end_line() {
  bool const has_return = line_.ends_with('\r');
  if (first_) strips_ = rules_.ends == line_endings::always || (rules_.ends == line_endings::strict && has_return);
  first_ = false;
  if (has_return && strips_) line_.pop_back();
  bool const begins = !in_line_;
  in_line_ = false;
  auto const wanted = begins ? begin_line(line_) : result<bool>(true);
  auto done = wanted ? result<>() : std::unexpected(wanted.error());
  if (wanted && *wanted) done = put_part(line_, begins, "\r\n");
  line_.clear();
  return done;
}

// A line without an end in sight goes out as far as it has come; a CR at its end may belong to the end of the line.
result<> handed_message::flush_long_line() {
  bool const keeps_return = line_.ends_with('\r');
  if (keeps_return) line_.pop_back();
  bool const begins = !in_line_;
  in_line_ = true;
  auto const wanted = begins ? begin_line(line_) : result<bool>(true);
  auto done = wanted ? put_part(line_, begins, {}) : std::unexpected(wanted.error());
  line_.assign(keeps_return ? "\r" : "");
  return done;
}

result<bool> handed_message::feed(std::string_view text) {
  while (!text.empty() && !ended_) {
    auto const end = text.find('\n');
    line_ += text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    result<> done;
    if (end != std::string_view::npos) {
      done = end_line();
    } else if (line_.size() > line_octets_max) {
      done = flush_long_line();
    }
    if (!done) return std::unexpected(done.error());
  }
  return !ended_;
}

result<> handed_message::finish() {
  if (!ended_ && (!line_.empty() || in_line_)) {
    if (auto done = end_line(); !done) return done;
  }
  if (in_header_) {
    if (auto done = end_header(false); !done) return done;
  }
  if (file_ && std::fflush(file_.get()) != 0) return fail_errno("a temporary file", errno);
  return {};
}

std::vector<std::string> handed_message::recipients() const { return resent_ ? resent_to_ : to_; }

result<> handed_message::read(std::function<bool(std::string_view)> const& take) {
  if (!take(memory_) || !file_) return {};
  if (std::fseek(file_.get(), 0, SEEK_SET) != 0) return fail_errno("a temporary file", errno);
  std::array<char, 64U << 10U> buffer{};
  for (;;) {
    auto const got = std::fread(buffer.data(), 1, buffer.size(), file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0) return fail_errno("a temporary file", errno);
    if (got == 0 || !take({buffer.data(), got})) return {};
  }
}

std::vector<std::string> parse_handed_addresses(std::string_view word) {
  auto const trimmed = trim(word);
  if (trimmed.empty() || trimmed == "<>") return {""};
  // "user", "user@domain", "|command": what has nothing of a header's syntax stands for itself.
  if (trimmed.find_first_of(" \t\r\n,;:<>()\"\\[") == std::string_view::npos) {
    auto const parts = message::split_address(trimmed);
    return {message::format_address(parts.local_part, parts.domain)};
  }
  std::vector<std::string> out;
  for (auto& place : rewrite::find_addresses("To: " + std::string(trimmed) + "\r\n")) {
    append_once(out, std::move(place.address));
  }
  return out;
}

std::string format_mailbox(std::string_view name, std::string_view address) {
  if (name.empty()) return std::string(address);
  std::string phrase;
  bool const plain = std::ranges::all_of(name, is_atom_text);
  for (char const c : name) {
    if (!plain && (c == '"' || c == '\\')) phrase += '\\';
    auto const octet = static_cast<unsigned char>(c);
    phrase += octet < ' ' || octet == 127 ? ' ' : c;
  }
  if (!plain) phrase = "\"" + phrase + "\"";
  return phrase + " <" + std::string(address) + ">";
}

}  // namespace postern::admin
