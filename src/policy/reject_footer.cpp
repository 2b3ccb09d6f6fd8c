#include "policy/reject_footer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "policy/reply_template.hpp"
#include "policy/status_text.hpp"

namespace postern::policy {
namespace {

constexpr std::string_view line_end = "\r\n";

// The first whole reply of several: up to the line whose code is followed by a space.
std::string_view take_reply(std::string_view& replies) {
  std::size_t at = 0;
  for (;;) {
    auto end = replies.find(line_end, at);
    auto next = end == std::string_view::npos ? replies.size() : end + line_end.size();
    bool goes_on = at + 3 < replies.size() && replies[at + 3] == '-';
    at = next;
    if (!goes_on || at >= replies.size()) break;
  }
  auto one = replies.substr(0, at);
  replies.remove_prefix(at);
  return one;
}

// "\n" of the template, two characters, begins a line.
std::string with_line_breaks(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool is_break = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    out += is_break ? '\n' : text[i];
    if (is_break) ++i;
  }
  return out;
}

}  // namespace

result<reject_footer> reject_footer::load(config::settings const& settings) {
  reject_footer made;
  made.template_ = settings.text("smtpd_reject_footer");
  auto tables = maps::map_list::load("smtpd_reject_footer_maps", settings.list("smtpd_reject_footer_maps"));
  if (!tables) return std::unexpected(tables.error());
  made.tables_ = std::move(*tables);
  made.server_name_ = settings.text("myhostname");
  made.allowed_ = parse_expansion_filter(settings.text("smtpd_expansion_filter"));
  return made;
}

// Nobody can wait here: a table that blocks has no footer.
std::string reject_footer::find_template(std::string_view reply, std::string& trouble) const {
  if (tables_.empty()) return template_;
  maps::answers nothing;
  auto found = tables_.find(reply, nothing);
  if (!found) {
    trouble = "smtpd_reject_footer_maps: " + (found.error().text.empty() ? "no answer at once" : found.error().text);
    return template_;
  }
  return *found ? (*found)->value : template_;
}

std::string reject_footer::append_to_one(std::string_view reply, footer_facts const& facts,
                                         std::string& trouble) const {
  bool refuses = reply.size() > 4 && (reply[0] == '4' || reply[0] == '5');
  if (!refuses) return std::string(reply);
  auto body = reply.ends_with(line_end) ? reply.substr(0, reply.size() - line_end.size()) : reply;
  auto expanded = expand_reply(
      find_template(body, trouble),
      [&](std::string_view name) -> std::optional<std::string> {
        if (name == "client_address") return facts.client_address;
        if (name == "client_port") return facts.client_port;
        if (name == "localtime") return facts.local_time;
        if (name == "server_name") return server_name_;
        return std::nullopt;
      },
      allowed_);
  if (!expanded) trouble = "smtpd_reject_footer: " + expanded.error().text;
  if (!expanded || expanded->empty()) return std::string(reply);
  auto footer = with_line_breaks(*expanded);
  constexpr std::string_view same_line = "\\c";
  bool joins = footer.starts_with(same_line);
  auto text = std::string(body) + (joins ? footer.substr(same_line.size()) : "\n" + footer);
  auto last = body.rfind('\n') == std::string_view::npos ? body : body.substr(body.rfind('\n') + 1);
  auto code = std::string(last.substr(0, 3));
  auto status = std::string(find_enhanced_status(last.substr(4)));
  if (!status.empty()) status += ' ';
  // All lines but the last have a hyphen behind the code; the reply's own have their codes already.
  std::string out;
  auto own_lines = static_cast<std::size_t>(std::ranges::count(body, '\n')) + 1;
  auto lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto line = lines[i].ends_with('\r') ? lines[i].substr(0, lines[i].size() - 1) : lines[i];
    bool is_last = i + 1 == lines.size();
    out += code + (is_last ? ' ' : '-');
    out += i < own_lines ? std::string(line.substr(std::min<std::size_t>(4, line.size()))) : status + std::string(line);
    out += line_end;
  }
  return out;
}

std::string reject_footer::append_to(std::string_view replies, footer_facts const& facts, std::string& trouble) const {
  std::string out;
  while (!replies.empty()) out += append_to_one(take_reply(replies), facts, trouble);
  return out;
}

}  // namespace postern::policy
