#include "rewrite/content_checks.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "message/header_filter.hpp"

namespace postern::rewrite {
namespace {

bool speaks_of_mime(std::string_view field) {
  static constexpr std::array<std::string_view, 6> names{"Content-Type",        "Content-Transfer-Encoding",
                                                         "Content-Disposition", "Content-Description",
                                                         "Content-ID",          "MIME-Version"};
  auto const name = field.substr(0, message::field_name_length(field));
  return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

bool concerns_one_line(check_kind kind) {
  switch (kind) {
    case check_kind::dunno:
    case check_kind::ignore:
    case check_kind::info:
    case check_kind::prepend:
    case check_kind::replace:
    case check_kind::strip:
    case check_kind::warn:
      return true;
    default:
      return false;
  }
}

}  // namespace

result<content_checks> content_checks::load(config::settings const& settings, std::string_view prefix) {
  content_checks made;
  struct row {
    check_table content_checks::* table;
    std::string_view name;
  };
  for (auto const [table, name] :
       {row{&content_checks::header_, "header_checks"}, row{&content_checks::mime_, "mime_header_checks"},
        row{&content_checks::nested_, "nested_header_checks"}, row{&content_checks::body_, "body_checks"}}) {
    auto& one = made.*table;
    one.parameter = fmt::format("{}{}", prefix, name);
    if (prefix == "milter_" && name != "header_checks") continue;
    auto loaded = maps::map_list::load(one.parameter, settings.list(one.parameter));
    if (!loaded) return std::unexpected(loaded.error());
    one.tables = std::move(*loaded);
  }
  made.limits_.boundary_length = static_cast<std::size_t>(settings.integer("mime_boundary_length_limit"));
  made.limits_.nesting = static_cast<std::size_t>(settings.integer("mime_nesting_limit"));
  made.limits_.enabled = !settings.boolean("disable_mime_input_processing");
  made.body_size_limit_ = static_cast<std::size_t>(settings.integer("body_checks_size_limit"));
  made.line_actions_only_ = prefix == "smtp_" || prefix == "lmtp_";
  made.one_table_ = prefix == "milter_";
  if (made.line_actions_only_) made.body_size_limit_ = 0;  // Postfix looks at all that leaves
  return made;
}

std::vector<std::string> content_checks::names() const {
  std::vector<std::string> out;
  for (auto const* table : {&header_, &mime_, &nested_, &body_}) {
    std::ranges::move(table->tables.names(), std::back_inserter(out));
  }
  return out;
}

bool content_checks::sees_body() const noexcept {
  return !mime_.tables.empty() || !nested_.tables.empty() || !body_.tables.empty();
}

check_answer content_checks::ask(check_table const& table, std::string const& text, check_place place,
                                 maps::answers& known) const {
  if (table.tables.empty()) return {};
  auto found = table.tables.find(text, known);
  if (!found) {
    if (found.error().what == maps::lookup_trouble::pending) return {check_answer::state::wait, {}, {}};
    return {check_answer::state::failed, {}, fmt::format("{}: {}", table.parameter, found.error().text)};
  }
  if (!*found) return {};
  auto action = parse_check_action((*found)->value, table.parameter, place);
  if (!action) {
    log::warning("{}", action.error().text);
    return {};
  }
  if (line_actions_only_ && !concerns_one_line(action->kind)) {
    log::warning("unsupported command in {} map: {}", table.parameter, printable((*found)->value));
    return {};
  }
  return {check_answer::state::found, std::move(*action), {}};
}

check_answer content_checks::ask_field(std::string_view field, section where, maps::answers& known) const {
  auto const& table = one_table_                                        ? header_
                      : speaks_of_mime(field) || where == section::part ? mime_
                      : where == section::nested                        ? nested_
                                                                        : header_;
  if (table.tables.empty()) return {};
  return ask(table, join_field(field), check_place::header, known);
}

check_answer content_checks::ask_line(std::string_view line, maps::answers& known) const {
  if (line.empty() || body_.tables.empty()) return {};
  return ask(body_, std::string(line), check_place::body, known);
}

std::string join_field(std::string_view field) {
  std::string out;
  out.reserve(field.size());
  for (char const c : field) {
    if (c != '\r') out += c;
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string split_field(std::string_view text) {
  std::string out;
  for (auto const line : split(text, '\n')) {
    if (line.empty()) continue;
    if (!out.empty() && line.front() != ' ' && line.front() != '\t') out += '\t';
    out += line;
    out += "\r\n";
  }
  return out;
}

}  // namespace postern::rewrite
