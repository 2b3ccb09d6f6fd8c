#include "rewrite/message_editor.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "message/address.hpp"

namespace postern::rewrite {
namespace {

constexpr std::size_t logged_octets = 200;
constexpr std::size_t logged_octets_of_filters = 60;
constexpr std::size_t from_addresses_max = 100;

bool has_eight_bit(std::string_view text) { return !message::is_ascii(text); }

bool drops(check_kind kind) { return kind == check_kind::ignore || kind == check_kind::strip; }

}  // namespace

strictness strictness::load(config::settings const& settings) {
  bool const both = settings.boolean("strict_8bitmime");
  return {both || settings.boolean("strict_7bit_headers"), both || settings.boolean("strict_8bitmime_body"),
          settings.boolean("strict_mime_encoding_domain")};
}

message_editor::message_editor(editor_options options, message_origin origin)
    : options_(std::move(options)),
      origin_(std::move(origin)),
      walk_(options_.checks != nullptr ? options_.checks->limits() : walk_limits{}),
      checking_(options_.checks != nullptr && options_.checks->any()) {}

bool message_editor::sees_body() const noexcept {
  return (options_.checks != nullptr && options_.checks->sees_body()) || options_.strict.eight_bit_body ||
         options_.strict.seven_bit_headers || options_.strict.encoding_domain;
}

bool message_editor::rewrites_addresses() const noexcept {
  return options_.generic != nullptr || (options_.addresses != nullptr && options_.context != header_context::none);
}

void message_editor::log(std::string_view word, check_place place, std::string_view shown,
                         std::string_view text) const {
  auto const most = options_.log_prefix.empty() ? logged_octets : logged_octets_of_filters;
  auto line = fmt::format("{}: {}{}: {} {} from {}; from=<{}>", origin_.queue_id, options_.log_prefix, word,
                          place == check_place::header ? "header" : "body", printable(shown, most), origin_.client,
                          printable(origin_.sender));
  if (!origin_.recipient.empty()) line += fmt::format(" to=<{}>", printable(origin_.recipient));
  if (!origin_.protocol.empty()) line += fmt::format(" proto={} helo=<{}>", origin_.protocol, printable(origin_.helo));
  if (!text.empty()) line += fmt::format(": {}", printable(text));
  postern::log::info("{}", line);
}

void message_editor::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  checking_ = false;
}

void message_editor::refuse_mime(std::string_view why, std::string_view shown) {
  if (rejected_) return;
  rejected_ = rejection{550, "5.6.0", std::string(why)};
  checking_ = false;
  postern::log::info("{}: reject: mime-error {}: {} from {}; from=<{}> to=<{}>", origin_.queue_id, why,
                     printable(shown, logged_octets), origin_.client, printable(origin_.sender),
                     printable(origin_.recipient));
}

// True: the line or field is not to go on. What concerns the whole message is noted.
bool message_editor::apply(check_action const& action, check_place place, std::string_view shown) {
  auto const word = format_check_kind(action.kind);
  switch (action.kind) {
    case check_kind::dunno:
      return false;
    case check_kind::ignore:
      return true;
    case check_kind::reject:
      rejected_ = rejection{action.status.starts_with('4') ? 451 : 550, action.status, action.text};
      checking_ = false;
      log(word, place, shown, fmt::format("{} {}", action.status, action.text));
      return false;
    case check_kind::hold:
      if (!actions_.hold) actions_.hold = action.text;
      break;
    case check_kind::discard:
      actions_.discard = true;
      checking_ = false;
      break;
    case check_kind::filter:
      actions_.filter = action.text;
      break;
    case check_kind::redirect:
      actions_.redirect = action.text;
      break;
    case check_kind::bcc:
      if (std::ranges::find(actions_.added_recipients, action.text) == actions_.added_recipients.end()) {
        actions_.added_recipients.push_back(action.text);
      }
      break;
    case check_kind::pass:
      checking_ = false;
      break;
    case check_kind::info:
    case check_kind::prepend:
    case check_kind::replace:
    case check_kind::strip:
    case check_kind::warn:
      break;
  }
  log(word, place, shown, action.text);
  return drops(action.kind);
}

std::size_t message_editor::header_words() const noexcept {
  return options_.addresses != nullptr ? options_.addresses->header_words : usual_header_words;
}

address_completer const& message_editor::completer() const noexcept {
  auto const& rules = *options_.addresses;
  return options_.context == header_context::remote ? rules.remote : rules.mapping.local;
}

// The addresses of a header are as they should be.
bool message_editor::leaves(std::vector<address_place> const& places) const {
  if (places.empty() || !rewrites_addresses()) return true;
  if (options_.generic != nullptr || options_.addresses->changes_complete_addresses()) return false;
  return std::ranges::all_of(places,
                             [this](auto const& one) { return !one.routed && completer().is_complete(one.address); });
}

void message_editor::note_from(std::string_view name, std::vector<address_place>& places) {
  if (!iequals(name, "From") || header_from_.size() >= from_addresses_max) return;
  for (auto& place : places) header_from_.push_back(std::move(place.address));
}

mapped<std::string> message_editor::rewrite_one(std::string const& address, field_role role) {
  if (options_.generic != nullptr) return map_once(*options_.generic, address, *options_.generic_rules, known_);
  auto const& rules = *options_.addresses;
  auto const use = role == field_role::sender ? address_use::header_sender : address_use::header_recipient;
  return rewrite_address(rules, completer(), address, use, known_);
}

mapped<std::string> message_editor::rewrite_header(std::string_view field, field_role role) {
  auto const places = find_addresses(field, header_words());
  std::vector<std::string> addresses;
  bool changed = false;
  for (auto const& place : places) {
    auto next = rewrite_one(place.address, role);
    if (!next) return std::unexpected(next.error());
    bool const differs = place.routed || *next != place.address;
    changed = changed || differs;
    addresses.push_back(differs ? std::move(*next) : std::string(field.substr(place.offset, place.length)));
  }
  return changed ? replace_addresses(field, places, addresses) : std::string(field);
}

void message_editor::inspect_header(std::string_view field) {
  if (options_.strict.seven_bit_headers && has_eight_bit(field)) {
    refuse_mime("improper use of 8-bit data in message header", join_field(field));
  }
}

// Everything is worked out before anything is logged or noted: what waits is asked again from the start.
message::content_editor::verdict message_editor::edit_field(std::string& field, std::string& before) {
  if (is_over()) return verdict::go_on;
  auto const came_as = std::string_view(field).substr(0, message::field_name_length(field));
  bool const has_addresses = role_of_field(came_as) != field_role::other;
  bool const wanted = has_addresses && (rewrites_addresses() || iequals(came_as, "From"));
  auto places = wanted ? find_addresses(field, header_words()) : std::vector<address_place>{};
  // Nearly every field of nearly every message.
  if (!checking_ && !sees_body() && !options_.privacy.may_concern(came_as) && leaves(places)) {
    note_from(came_as, places);
    return verdict::go_on;
  }
  auto checked = checking_ ? options_.checks->ask_field(field, section::primary, known_) : check_answer{};
  if (checked.is == check_answer::state::wait) return verdict::wait;
  if (checked.is == check_answer::state::failed) {
    fail(std::move(checked.why));
    return verdict::go_on;
  }
  auto const& action = checked.action;
  std::string next = action.kind == check_kind::replace ? split_field(action.text) : field;
  auto const name = std::string(next.substr(0, message::field_name_length(next)));
  privacy_edit made_private;
  if (options_.privacy.any() && !drops(action.kind)) {
    made_private = edit_for_privacy(options_.privacy, next, options_.sender_domain);
  }
  if (made_private.did == privacy_edit::what::changed) next = std::move(made_private.field);
  auto const role = role_of_field(name);
  bool const goes = !drops(action.kind) && made_private.did != privacy_edit::what::removed;
  if (goes && role != field_role::other && rewrites_addresses()) {
    auto rewritten = rewrite_header(next, role);
    if (!rewritten && rewritten.error().what == maps::lookup_trouble::pending) return verdict::wait;
    if (!rewritten) {
      fail(rewritten.error().text);
      return verdict::go_on;
    }
    next = std::move(*rewritten);
  }
  known_ = {};
  if (sees_body()) walk_.on_field(field);
  inspect_header(field);
  note_from(came_as, places);
  if (action.kind == check_kind::prepend) before = split_field(action.text);
  bool const dropped = apply(action, check_place::header, join_field(field));
  if (made_private.did != privacy_edit::what::nothing) {
    made_private_.push_back(name + (made_private.did == privacy_edit::what::changed ? " (changed)" : ""));
  }
  field = std::move(next);
  return dropped || made_private.did == privacy_edit::what::removed ? verdict::drop : verdict::go_on;
}

bool message_editor::add_field(std::string_view field, std::string& output) {
  std::string text(field);
  std::string before;
  auto const said = edit_field(text, before);
  if (said == verdict::wait) return false;
  output += before;
  if (said == verdict::go_on) output += text;
  return true;
}

message::content_editor::verdict message_editor::end_header(message::header_facts const& facts, std::string& output) {
  if (!facts.has_recipients && !options_.undisclosed_recipients.empty()) {
    output += options_.undisclosed_recipients;
    output += "\r\n";
  }
  walk_.on_header_end();
  if (options_.strict.encoding_domain && !walk_.misplaced_encoding().empty()) {
    refuse_mime("invalid message/* or multipart/* encoding domain", walk_.misplaced_encoding());
  }
  return verdict::go_on;
}

}  // namespace postern::rewrite
