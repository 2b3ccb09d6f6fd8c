#include "policy/evaluation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/status_text.hpp"

namespace postern::policy {
namespace {

std::string_view format_outcome(outcome said) {
  switch (said) {
    case outcome::none:
      return "nothing";
    case outcome::permitted:
      return "permit";
    case outcome::refused:
      return "reject";
    case outcome::pending:
      return "pending";
  }
  return "nothing";
}

}  // namespace

std::string subject::rejected(std::string_view why) const {
  return fmt::format("<{}>: {} rejected: {}", name, what, why);
}

outcome evaluation::run(restriction_list const& list, subject about) {
  list_ = &list;
  about_ = std::move(about);
  depth_ = 0;
  warn_depth_ = 0;
  defer_if_reject_.reset();
  auto said = run_each(list);
  out.deferred = defer_if_permit_;
  return said;
}

outcome evaluation::run_inner(restriction_list const& list, subject about, std::optional<std::string> const& grounds) {
  if (depth_ >= depth_max) {
    warn(fmt::format("{}: lists lead to lists more than {} deep", list_name(), depth_max));
    return misconfigured("restriction classes or access tables lead to each other without end");
  }
  auto outer_about = std::exchange(about_, std::move(about));
  auto outer_grounds = context_grounds_;
  if (grounds) context_grounds_ = grounds;
  auto const* outer = current_;
  auto said = run_each(list);
  current_ = outer;
  context_grounds_ = std::move(outer_grounds);
  about_ = std::move(outer_about);
  return said;
}

outcome evaluation::run_each(restriction_list const& list) {
  ++depth_;
  auto said = outcome::none;
  for (auto const& one : list.restrictions()) {
    if (discarding_) break;
    if (one.row != nullptr && one.row->argument == argument_kind::next) {
      begin_warning();
      continue;
    }
    said = evaluate(one);
    if (warn_depth_ >= depth_) warn_depth_ = 0;
    if (said != outcome::none || (defer_if_permit_ && defer_if_reject_)) break;
  }
  --depth_;
  return said;
}

outcome evaluation::evaluate(restriction const& one) {
  current_ = &one;
  auto step = open_step(one);
  auto said = outcome::none;
  if (one.inner != nullptr) {
    said = run_inner(*one.inner, about_, std::nullopt);
  } else if (one.row == nullptr) {
    warn(fmt::format("{}: {}", list_name(), one.trouble));
    said = misconfigured(one.trouble);
  } else {
    if (!one.trouble.empty()) warn(fmt::format("{}: {}", list_name(), one.trouble));
    if (!one.skipped) said = one.row->decide(*this, one);
  }
  close_step(step, said);
  return said;
}

// Force permission into deferral when something that could not be looked up might have refused.
outcome evaluation::settle() {
  if (!defer_if_permit_ || discarding_) return outcome::none;
  auto const why = *std::exchange(defer_if_permit_, std::nullopt);
  refuse(why.code, why.enhanced, why.text, "something could not be looked up, or a list says defer_if_permit");
  if (out.refused) out.refused->restriction = why.restriction;
  return outcome::refused;
}

std::string evaluation::who() const {
  if (current_ == nullptr) return list_name();
  return list_name() + ": " + current_->text;
}

void evaluation::warn(std::string text) {
  if (std::ranges::find(out.warnings, text) == out.warnings.end()) out.warnings.push_back(std::move(text));
}

void evaluation::begin_warning() noexcept {
  if (warn_depth_ == 0) warn_depth_ = depth_;
}

outcome evaluation::refuse(int code, std::string_view enhanced, std::string text, std::string explanation) {
  if (code < 400 || code > 599) {
    warn(fmt::format("{}: {} is no code of a refusal; 450 is sent instead", who(), code));
    code = 450;
    enhanced = "4.7.1";
    text = "Service unavailable";
  }
  if (warn_depth_ == 0 && defer_if_reject_ && code >= 500) {
    auto const why = *std::exchange(defer_if_reject_, std::nullopt);
    return refuse(why.code, why.enhanced, why.text,
                  fmt::format("refused ({}), and {} wants that deferred", explanation, why.restriction));
  }
  auto status = std::string(enhanced);
  status[0] = static_cast<char>('0' + code / 100);
  if (warn_depth_ != 0) {
    note("reject_warning", fmt::format("{} {} {}", code, status, text));
    return outcome::none;
  }
  if (list_ != nullptr && no_window_.first == list_) explanation += "; permit_mail_access: " + no_window_.second;
  out.refused = refusal{code, std::move(status), std::move(text), who(), std::move(explanation)};
  return outcome::refused;
}

outcome evaluation::refuse_about(int code, std::string_view enhanced, subject const& about, std::string_view why,
                                 std::string explanation) {
  return refuse(code, enhanced, about.rejected(why), std::move(explanation));
}

// Whatever warn_if_reject says: nobody knows what was meant.
outcome evaluation::misconfigured(std::string explanation) {
  out.refused = refusal{451, "4.3.5", "Server configuration error", who(), std::move(explanation)};
  return outcome::refused;
}

outcome evaluation::lookup_failed(std::string_view address, std::string explanation) {
  warn(explanation);
  out.refused =
      refusal{451, "4.3.0", fmt::format("<{}>: Temporary lookup failure", address), who(), std::move(explanation)};
  return outcome::refused;
}

outcome evaluation::defer_if_permitted(tempfail how, int code, std::string_view enhanced, std::string text,
                                       std::string explanation) {
  if (warn_depth_ != 0 || how == tempfail::defer)
    return refuse(code, enhanced, std::move(text), std::move(explanation));
  if (!defer_if_permit_) defer_if_permit_ = deferral{code, std::string(enhanced), std::move(text), who()};
  return outcome::none;
}

void evaluation::defer_if_rejected(int code, std::string_view enhanced, std::string text) {
  if (!defer_if_reject_) defer_if_reject_ = deferral{code, std::string(enhanced), std::move(text), who()};
}

outcome evaluation::permit(std::string_view action, subject const& about, std::optional<std::string> grounds,
                           std::string_view detail) {
  if (!grounds) grounds = context_grounds_;
  if (grounds && !relay_grounds) relay_grounds = std::move(grounds);
  bool overruled = defer_if_permit_ || warn_depth_ != 0;
  bool logged = std::ranges::any_of(settings.logged_permits, [&](std::string_view word) {
    return word.starts_with("static:") || iequals(word, action);
  });
  if (!overruled && logged)
    note("permit", fmt::format("action={} for {}={} {}", action, about.what, about.name, detail));
  return outcome::permitted;
}

std::expected<resolved_address, outcome> evaluation::resolve(std::string_view address) {
  auto found = settings.addresses.ask(address, known.tables());
  if (found) return std::move(*found);
  if (found.error().what == maps::lookup_trouble::pending) return std::unexpected(outcome::pending);
  return std::unexpected(lookup_failed(address, found.error().text));
}

table_answer evaluation::look_up(maps::map_list const& table, std::vector<maps::lookup_key> const& keys) {
  table_answer out_answer;
  for (auto const& key : keys) {
    auto found = key.part ? table.find_part(key.text, known.tables()) : table.find(key.text, known.tables());
    if (!found) {
      bool pending = found.error().what == maps::lookup_trouble::pending;
      out_answer.trouble = pending ? outcome::pending : outcome::refused;
      out_answer.table = table.names().empty() ? std::string() : table.names().front();
      if (!pending) {
        warn(found.error().text);
        trace_lookup(key.text, "failed: " + found.error().text);
      }
      return out_answer;
    }
    trace_lookup(key.text, *found ? (*found)->value : std::string());
    if (!*found) continue;
    out_answer.value = std::move((*found)->value);
    out_answer.table = (*found)->table;
    out_answer.key = key.text;
    return out_answer;
  }
  return out_answer;
}

dns_answer const* evaluation::ask_dns(dns_kind kind, std::string const& name) {
  auto const* told = known.find(dns_question{kind, name});
  if (told == nullptr || !client.wants_trace) return told;
  std::string text = told->error;
  for (auto const& record : told->records) text += (text.empty() ? "" : ", ") + record.text;
  trace_lookup("DNS " + std::string(format_dns_kind(kind)) + " " + name, text);
  return told;
}

void evaluation::trace_lookup(std::string asked, std::string told) {
  if (client.wants_trace && !out.trace.empty())
    out.trace[step_].lookups.emplace_back(std::move(asked), std::move(told));
}

std::size_t evaluation::open_step(restriction const& one) {
  if (!client.wants_trace) return 0;
  auto text = (warns_only() ? "warn_if_reject " : "") + one.text;
  out.trace.push_back({list_name(), std::move(text), depth_ - 1, {}, {}});
  step_ = out.trace.size() - 1;
  return step_;
}

void evaluation::close_step(std::size_t index, outcome said) {
  if (!client.wants_trace) return;
  auto& step = out.trace[index];
  step.outcome = format_outcome(said);
  // The list goes on, and what it permits in the end is deferred.
  if (said == outcome::none && defer_if_permit_ && defer_if_permit_->restriction == who()) {
    auto const& why = *defer_if_permit_;
    step.outcome = fmt::format("defer if permitted: {} {} {}", why.code, why.enhanced, why.text);
  }
  if (said == outcome::none && defer_if_reject_ && defer_if_reject_->restriction == who()) {
    auto const& why = *defer_if_reject_;
    step.outcome = fmt::format("defer if rejected: {} {} {}", why.code, why.enhanced, why.text);
  }
  if (said == outcome::refused && out.refused) {
    step.outcome = fmt::format("reject: {} {} {}", out.refused->code, out.refused->enhanced, out.refused->text);
  }
  step_ = index;
}

}  // namespace postern::policy
