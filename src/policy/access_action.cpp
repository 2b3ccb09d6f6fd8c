#include "policy/access_action.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/status_text.hpp"

namespace postern::policy {
namespace {

std::string explain(access_answer const& answer) {
  return fmt::format("{} says '{}' for {}", answer.table, answer.value, answer.key);
}

outcome refuse_by(evaluation& run, access_answer const& answer, int code, std::string_view otherwise,
                  std::string_view text) {
  auto [status, why] = split_status(text, otherwise);
  return run.refuse_about(code, fit_status(status, answer.about.what), answer.about,
                          why.empty() ? "Access denied" : why, explain(answer));
}

// What follows "<name>: Sender address" in the log: the entry's own text, or what it triggers.
std::string log_text(access_answer const& answer, std::string_view text) {
  return fmt::format("<{}>: {} {}", answer.about.name, answer.about.what, text);
}

// Whether something may be done with the message now: there is one, and nobody else has it in hand.
bool can_act_on_message(evaluation& run, access_answer const& answer, std::string_view action) {
  auto const at = run.client.at;
  if (at == command::connect || at == command::helo || at == command::ehlo) {
    run.warn(
        fmt::format("access table {}: with smtpd_delay_reject=no, action {} is always skipped in "
                    "smtpd_client_restrictions or smtpd_helo_restrictions restrictions",
                    answer.table, action));
    return false;
  }
  if (at == command::vrfy || at == command::etrn) {
    run.warn(fmt::format("access table {}: action {} is unavailable in {}", answer.table, action, format_command(at)));
    return false;
  }
  bool needs_queue = action != "DISCARD" && action != "PREPEND";
  if (run.settings.proxy_filter && needs_queue) {
    run.warn(fmt::format("access table {}: with smtpd_proxy_filter specified, action {} is unavailable", answer.table,
                         action));
    return false;
  }
  return true;
}

outcome entry_warning(evaluation& run, access_answer const& answer, std::string_view trouble) {
  run.warn(fmt::format("access table {} entry \"{}\" {}", answer.table, answer.key, trouble));
  return outcome::none;
}

// field-name ":" [RFC 5322 §2.2]
bool begins_header(std::string_view text) {
  auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  auto name = text.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

using action_function = outcome (*)(evaluation&, access_answer const&, std::string_view text);

outcome do_nothing(evaluation& /*run*/, access_answer const& /*answer*/, std::string_view /*text*/) {
  return outcome::none;
}

outcome do_permit(evaluation& run, access_answer const& answer, std::string_view /*text*/) {
  auto word = istarts_with(answer.value, "relay") ? "RELAY" : "OK";
  return run.permit(word, answer.about, answer.grounds, "from " + answer.table);
}

outcome do_reject(evaluation& run, access_answer const& answer, std::string_view text) {
  return refuse_by(run, answer, run.settings.codes.access_reject, "5.7.1", text);
}

outcome do_defer(evaluation& run, access_answer const& answer, std::string_view text) {
  return refuse_by(run, answer, run.settings.codes.access_defer, "4.7.1", text);
}

outcome do_defer_if_permit(evaluation& run, access_answer const& answer, std::string_view text) {
  auto [status, why] = split_status(text, "4.7.1");
  return run.defer_if_permitted(tempfail::defer_if_permit, run.settings.codes.access_defer,
                                fit_status(status, answer.about.what),
                                answer.about.rejected(why.empty() ? "Service unavailable" : why), explain(answer));
}

outcome do_defer_if_reject(evaluation& run, access_answer const& answer, std::string_view text) {
  auto [status, why] = split_status(text, "4.7.1");
  run.defer_if_rejected(run.settings.codes.access_defer, fit_status(status, answer.about.what),
                        answer.about.rejected(why.empty() ? "Service unavailable" : why));
  return outcome::none;
}

outcome do_filter(evaluation& run, access_answer const& answer, std::string_view text) {
  if (text.empty()) return entry_warning(run, answer, "has FILTER entry without value");
  if (!text.contains(':')) return entry_warning(run, answer, "requires transport:destination");
  if (!can_act_on_message(run, answer, "FILTER")) return outcome::none;
  run.out.actions.filter = text;
  run.note("filter", log_text(answer, fmt::format("triggers FILTER {}", text)));
  return outcome::none;
}

outcome do_hold(evaluation& run, access_answer const& answer, std::string_view text) {
  if (!can_act_on_message(run, answer, "HOLD")) return outcome::none;
  run.out.actions.hold = log_text(answer, text.empty() ? "triggers HOLD action" : text);
  run.note("hold", *run.out.actions.hold);
  return outcome::none;
}

// The rest of the lists is not asked, for this message.
outcome do_discard(evaluation& run, access_answer const& answer, std::string_view text) {
  if (!can_act_on_message(run, answer, "DISCARD")) return outcome::none;
  run.note("discard", log_text(answer, text.empty() ? "triggers DISCARD action" : text));
  run.out.actions.discard = true;
  run.discard();
  return outcome::permitted;
}

outcome do_redirect(evaluation& run, access_answer const& answer, std::string_view text) {
  if (!text.contains('@')) return entry_warning(run, answer, "requires user@domain target");
  if (!can_act_on_message(run, answer, "REDIRECT")) return outcome::none;
  run.out.actions.redirect = text;
  run.note("redirect", log_text(answer, fmt::format("triggers REDIRECT {}", text)));
  return outcome::none;
}

outcome do_bcc(evaluation& run, access_answer const& answer, std::string_view text) {
  if (!text.contains('@')) return entry_warning(run, answer, "requires user@domain target");
  if (!can_act_on_message(run, answer, "BCC")) return outcome::none;
  run.out.actions.added_recipients.emplace_back(text);
  run.note("bcc", log_text(answer, fmt::format("triggers BCC {}", text)));
  return outcome::none;
}

outcome do_prepend(evaluation& run, access_answer const& answer, std::string_view text) {
  if (!can_act_on_message(run, answer, "PREPEND")) return outcome::none;
  if (run.client.at == command::end_of_message) {
    run.warn(fmt::format("access table {}: action PREPEND must be used before smtpd_end_of_data_restrictions",
                         answer.table));
    return outcome::none;
  }
  if (!begins_header(text)) return entry_warning(run, answer, "requires header: text");
  run.out.actions.prepended_headers.emplace_back(text);
  return outcome::none;
}

outcome do_warn(evaluation& run, access_answer const& /*answer*/, std::string_view text) {
  run.note("warn", text);
  return outcome::none;
}

outcome do_info(evaluation& run, access_answer const& /*answer*/, std::string_view text) {
  run.note("info", text);
  return outcome::none;
}

// Postfix closes the connection without a word; a reply that closes it is kinder and as final.
outcome do_hang_up(evaluation& run, access_answer const& answer, std::string_view /*text*/) {
  run.note("hangup", {});
  return run.refuse(421, "4.7.0", "Service unavailable - closing connection", explain(answer));
}

struct action_row {
  std::string_view word;
  action_function act;
};
constexpr std::array<action_row, 17> actions{{
    {"DUNNO", do_nothing},
    {"OK", do_permit},
    {"RELAY", do_permit},
    {"REJECT", do_reject},
    {"DEFER", do_defer},
    {"DEFER_IF_PERMIT", do_defer_if_permit},
    {"DEFER_IF_REJECT", do_defer_if_reject},
    {"FILTER", do_filter},
    {"HOLD", do_hold},
    {"DISCARD", do_discard},
    {"REDIRECT", do_redirect},
    {"BCC", do_bcc},
    {"PREPEND", do_prepend},
    {"WARN", do_warn},
    {"INFO", do_info},
    {"HANGUP", do_hang_up},
    {"", do_nothing},
}};

action_function find_action(std::string_view word) {
  auto row = std::ranges::find_if(actions, [&](auto const& one) { return !word.empty() && iequals(one.word, word); });
  return row == actions.end() ? nullptr : row->act;
}

// Stamps of programs that write access tables, such as the times of logins, mean yes.
bool is_number(std::string_view value) { return !value.empty() && std::ranges::all_of(value, is_ascii_digit); }

// "554 5.7.1 text"; a code alone is a number.
std::optional<int> parse_reply_code(std::string_view value) {
  bool digits = value.size() > 4 && (value[0] == '4' || value[0] == '5') && is_ascii_digit(value[1]) &&
                is_ascii_digit(value[2]) && (value[3] == ' ' || value[3] == '\t');
  if (!digits) return std::nullopt;
  return static_cast<int>(*parse_unsigned(value.substr(0, 3)));
}

outcome run_restrictions(evaluation& run, access_answer const& answer) {
  if (answer.value.contains(':')) {
    run.warn(
        fmt::format("access table {} has entry with lookup table: {}; define a restriction class and specify its "
                    "name instead",
                    answer.table, answer.value));
    return run.misconfigured(explain(answer));
  }
  auto words = config::split_list(answer.value);
  if (words.empty()) {
    run.warn(fmt::format("access table {} entry \"{}\" has empty value", answer.table, answer.key));
    return run.permit("OK", answer.about, std::nullopt, "from " + answer.table);
  }
  auto list = restriction_list::parse_answer(words, run.access(), run.settings.sources);
  return run.run_inner(list, answer.about, answer.grounds);
}

}  // namespace

bool may_permit(std::string_view value) {
  auto word = value.substr(0, value.find_first_of(" \t"));
  auto act = find_action(word);
  return act == do_permit || (act == nullptr && !parse_reply_code(value));
}

outcome apply_access_answer(evaluation& run, access_answer const& answer) {
  std::string_view const value = answer.value;
  // It may become a header field, an address or a reply: only a field may have lines.
  auto breaks_out = [&](char c) { return c == '\r' || c == '\0' || (c == '\n' && !istarts_with(value, "prepend")); };
  if (std::ranges::any_of(value, breaks_out)) {
    run.warn(fmt::format("access table {} entry \"{}\" has a control character: '{}'", answer.table, answer.key,
                         printable(value, 100)));
    return run.misconfigured(explain(answer));
  }
  auto space = std::min(value.find_first_of(" \t"), value.size());
  auto text = value.substr(std::min(value.find_first_not_of(" \t", space), value.size()));
  if (auto act = find_action(value.substr(0, space))) return act(run, answer, text);
  if (auto code = parse_reply_code(value)) {
    return refuse_by(run, answer, *code, value[0] == '4' ? "4.7.1" : "5.7.1", text);
  }
  if (is_number(value)) return run.permit("OK", answer.about, answer.grounds, "from " + answer.table);
  return run_restrictions(run, answer);
}

}  // namespace postern::policy
