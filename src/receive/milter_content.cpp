#include "receive/milter_content.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "smtp/path.hpp"
#include "smtp/path_parameters.hpp"

namespace postern::receive {

using namespace milter;

std::optional<std::string> parse_milter_address(std::string_view text) {
  text = trim(text);
  if (text.empty() || text == "<>") return std::string();
  auto path = smtp::parse_reverse_path(text, {.strict = false, .smtputf8 = true});
  if (!path || !trim(path->rest).empty()) return std::nullopt;
  return std::move(path->address);
}

milter_content::milter_content(os::scratch_file* scratch, std::size_t header_octets_max, std::size_t memory_octets)
    : header_(header_octets_max),
      header_octets_max_(header_octets_max),
      body_(scratch, memory_octets),
      scratch_(scratch),
      memory_octets_(memory_octets) {}

void milter_content::note(bool fits) {
  if (fits || header_too_large_) return;
  header_too_large_ = true;
  trouble_ = "the header section is larger than milter_header_limit";
}

void milter_content::append_own_header(std::string_view fields, bool hidden) { note(header_.append(fields, hidden)); }

void milter_content::append_header(std::string_view text) {
  if (header_text_.size() + text.size() > header_octets_max_) return note(false);
  header_text_ += text;
}

void milter_content::end_header() {
  std::string_view text = header_text_;
  if (text == "\r\n" || text.ends_with("\r\n\r\n")) text.remove_suffix(2);
  note(header_.append(text, false));
  header_text_.clear();
}

void milter_content::append_body(std::string_view octets) {
  if (!trouble_.empty()) return;
  if (auto done = body_.append(octets); !done) trouble_ = done.error().text;
}

// Wire form whatever the filter sends, and however it is cut into pieces.
void milter_content::append_new_body(std::string_view octets) {
  if (!new_body_) {
    new_body_.emplace(scratch_, memory_octets_);
    new_body_after_cr_ = false;
  }
  std::string clean;
  clean.reserve(octets.size() + 16);
  for (char const c : octets) {
    bool const ends_line = c == '\n' || new_body_after_cr_;
    if (ends_line) clean += "\r\n";
    bool const is_second_half = new_body_after_cr_ && c == '\n';
    new_body_after_cr_ = c == '\r';
    if (!is_second_half && c != '\n' && c != '\r') clean += c;
  }
  if (auto done = new_body_->append(clean); !done) trouble_ = done.error().text;
}

void milter_content::change_envelope(modification const& wanted) {
  auto const refuse = [this](std::string_view what, std::string const& address) {
    remarks_.push_back(fmt::format("a filter wants to {} what is no address: {}", what, printable(address)));
  };
  if (auto const* from = std::get_if<change_sender>(&wanted)) {
    auto address = parse_milter_address(from->address);
    if (!address) return refuse("have as sender", from->address);
    if (!from->arguments.empty()) {
      remarks_.push_back(
          fmt::format("parameters that a filter gives the sender are ignored: {}", printable(from->arguments)));
    }
    envelope_.sender = std::move(*address);
  } else if (auto const* to = std::get_if<add_recipient>(&wanted)) {
    auto address = parse_milter_address(to->address);
    if (!address || address->empty()) return refuse("add as recipient", to->address);
    smtp::recipient parsed;
    if (auto const done =
            smtp::parse_rcpt_parameters(to->arguments, {.smtputf8 = true, .dsn = true, .size_limit = 0}, parsed);
        !done) {
      remarks_.push_back(
          fmt::format("parameters that a filter gives a recipient are ignored: {}", printable(to->arguments)));
    }
    envelope_.added.push_back({std::move(*address), std::move(parsed.original), parsed.notify});
  } else if (auto const* gone = std::get_if<delete_recipient>(&wanted)) {
    auto address = parse_milter_address(gone->address);
    if (!address || address->empty()) return refuse("remove as recipient", gone->address);
    std::erase_if(envelope_.added, [&](auto const& one) { return one.address == *address; });
    envelope_.removed.push_back(std::move(*address));
  }
}

void milter_content::check_headers(rewrite::content_checks const& checks, rewrite::message_origin origin) {
  rewrite::editor_options options;
  options.checks = &checks;
  options.log_prefix = "milter-header-";
  options.header_field_limit = header_octets_max_;
  checker_.emplace(std::move(options), std::move(origin));
}

bool milter_content::apply(modification const& wanted, bool leading_space) {
  if (!trouble_.empty()) return true;
  auto changed = wanted;
  bool drops = false;
  auto const check = [&](auto& one) {
    if (!checker_ || one.value.empty()) return true;
    auto const as_wanted = format_field(one.name, one.value, leading_space);
    auto field = as_wanted;
    std::string before;
    auto const said = checker_->edit_field(field, before);
    if (said == message::content_editor::verdict::wait) return false;
    if (!checker_->failure().empty()) trouble_ = checker_->failure();
    if (!before.empty()) remarks_.emplace_back("the milter_header/body_checks prepend action is not implemented");
    drops = said == message::content_editor::verdict::drop;
    if (field == as_wanted) return true;
    one.name = field_name(field);
    one.value = field_value(field);
    if (!leading_space && one.value.starts_with(' ')) one.value.erase(0, 1);
    return true;
  };
  bool checked = true;
  if (auto* add = std::get_if<add_header>(&changed)) checked = check(*add);
  if (auto* insert = std::get_if<insert_header>(&changed)) checked = check(*insert);
  if (auto* change = std::get_if<change_header>(&changed)) checked = check(*change);
  if (!checked) return false;
  if (!drops && trouble_.empty()) apply_checked(changed, leading_space);
  return true;
}

void milter_content::apply_checked(modification const& wanted, bool leading_space) {
  if (auto const* add = std::get_if<add_header>(&wanted)) {
    note(header_.add(add->name, add->value, leading_space));
  } else if (auto const* insert = std::get_if<insert_header>(&wanted)) {
    note(header_.insert(insert->index, insert->name, insert->value, leading_space));
  } else if (auto const* change = std::get_if<change_header>(&wanted)) {
    if (change->value.empty()) {
      header_.remove(change->index, change->name);
    } else {
      note(header_.change(change->index, change->name, change->value, leading_space));
    }
  } else if (auto const* body = std::get_if<replace_body>(&wanted)) {
    append_new_body(body->octets);
  } else {
    change_envelope(wanted);
  }
}

void milter_content::end_changes() {
  if (!new_body_ || !trouble_.empty()) return;
  if (new_body_after_cr_ || !new_body_->ends_line()) {
    if (auto done = new_body_->append("\r\n"); !done) trouble_ = done.error().text;
  }
  body_ = std::move(*new_body_);
  new_body_.reset();
}

}  // namespace postern::receive
