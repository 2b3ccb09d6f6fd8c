#include "admin/login_log.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

#include "admin/login_reason.hpp"

namespace postern::admin {
namespace {

/// Behind `key` up to the next ", " or the end; empty when there is none.
std::string_view field(std::string_view text, std::string_view key) {
  auto const at = text.find(key);
  if (at == std::string_view::npos) return {};
  auto const value = text.substr(at + key.size());
  return value.substr(0, std::min(value.find(", "), value.size()));
}

/// A name as authd writes it: quoted when it could be taken for more than a name.
std::string_view take_name(std::string_view& rest) {
  bool const quoted = rest.starts_with('"');
  auto const end = quoted ? rest.find('"', 1) : rest.find(", ");
  if (end == std::string_view::npos) return {};
  auto const name = quoted ? rest.substr(1, end - 1) : rest.substr(0, end);
  rest.remove_prefix(quoted ? end + 1 : end);
  return !quoted && name == "-" ? std::string_view() : name;
}

/// "detail" of "…, source=accounts (detail)".
std::string_view take_detail(std::string_view& rest) {
  auto const open = rest.find(" (");
  if (open == std::string_view::npos || !rest.ends_with(')')) return {};
  auto const detail = rest.substr(open + 2, rest.size() - open - 3);
  rest = rest.substr(0, open);
  return detail;
}

constexpr std::string_view refused_mark = ": login refused, reason=";
constexpr std::string_view accepted_mark = ": login accepted";

}  // namespace

std::optional<login_event> parse_authd_text(std::string_view text) {
  auto const user_at = text.find(": user=");
  if (user_at == std::string_view::npos || text.substr(0, user_at).contains(' ')) return std::nullopt;
  login_event out;
  out.session = text.substr(0, user_at);
  if (out.session == "-") out.session.clear();
  auto rest = text.substr(user_at + 7);
  out.user = take_name(rest);
  if (!rest.starts_with(", method=")) return std::nullopt;
  auto const refused = rest.find(refused_mark);
  auto const accepted = rest.find(accepted_mark);
  auto const end = std::min(refused, accepted);
  if (end == std::string_view::npos) return std::nullopt;
  auto const head = rest.substr(0, end);
  out.mechanism = field(head, "method=");
  out.service = field(head, "service=");
  out.client = field(head, "client=");
  bool const is_refusal = refused < accepted;
  auto tail = rest.substr(end + (is_refusal ? refused_mark.size() : accepted_mark.size()));
  out.detail = take_detail(tail);
  out.how = is_refusal ? login_event::outcome::refused : login_event::outcome::accepted;
  if (is_refusal) out.reason = tail.substr(0, std::min(tail.find(", "), tail.size()));
  out.source = field(tail, "source=");
  out.credential = field(tail, "credential=");
  return out;
}

login_log::session& login_log::remember(std::string const& id) {
  auto const [at, fresh] = sessions_.try_emplace(id);
  if (!fresh) return at->second;
  oldest_.push_back(id);
  if (oldest_.size() > sessions_max) {
    sessions_.erase(oldest_.front());
    oldest_.pop_front();
  }
  return at->second;
}

void login_log::append(login_event event) {
  if (!event.session.empty()) {
    auto& of = remember(event.session);
    if (!of.client.empty()) event.client = of.client;
    of.events.push_back(events_.size());
  }
  events_.push_back(std::move(event));
}

void login_log::add(std::string_view line, wall_time now) {
  auto const parsed = parse_log_line(line, now);
  if (!parsed) return;
  if (parsed->program == "smtpd") return add_smtpd(*parsed);
  if (parsed->program != "authd") return;
  if (auto event = parse_authd_text(parsed->text)) {
    event->when = parsed->when;
    append(std::move(*event));
  }
}

void login_log::add_smtpd(log_line const& line) {
  constexpr std::string_view mark = ", session=";
  auto const at = line.text.rfind(mark);
  if (at == std::string_view::npos) return;
  std::string const id(line.text.substr(at + mark.size()));
  auto const text = line.text.substr(0, at);
  if (text.starts_with("connect from ")) {
    remember(id).client = text.substr(13);
    return;
  }
  if (text.contains(": client=") && text.contains(", sasl_method=")) return on_accepted_mail(line, text, id);
  auto const colon = text.find(": ");
  if (colon == std::string_view::npos) return;
  auto const client = text.substr(0, colon);
  auto const rest = text.substr(colon + 2);
  if (rest.starts_with("SASL ")) return on_refusal(line, client, rest.substr(5), id);
  constexpr std::string_view revoked = "the login of this session is no longer valid";
  if (!rest.starts_with(revoked)) return;
  auto const credential = rest.substr(revoked.size());
  on_revoked(line, client, credential.starts_with(": ") ? credential.substr(2) : "", id);
}

// "PLAIN authentication failed: REASON, sasl_username=joe": tells a refusal of authd's once more, or one of another
// daemon's for the first time.
void login_log::on_refusal(log_line const& line, std::string_view client, std::string_view rest,
                           std::string const& id) {
  constexpr std::string_view mark = " authentication failed: ";
  auto const at = rest.find(mark);
  if (at == std::string_view::npos) return;
  auto text = rest.substr(at + mark.size());
  auto& of = remember(id);
  while (of.unmatched < of.events.size()) {
    auto& event = events_[of.events[of.unmatched++]];
    if (event.how != login_event::outcome::refused) continue;
    event.client = client;
    return;
  }
  login_event event;
  event.when = line.when;
  event.mechanism = rest.substr(0, at);
  event.client = client;
  event.session = id;
  bool const away = text.starts_with("the authentication daemon cannot be asked");
  event.reason = away ? "unavailable" : "refused";
  auto const user = text.find(", sasl_username=");
  if (user != std::string_view::npos) {
    event.user = text.substr(user + 16);
    text = text.substr(0, user);
  }
  event.detail = text;
  append(std::move(event));
  of.unmatched = of.events.size();
}

// "QUEUEID: client=…, sasl_method=PLAIN, sasl_username=joe": news only when another daemon let it in.
void login_log::on_accepted_mail(log_line const& line, std::string_view text, std::string const& id) {
  auto const& of = remember(id);
  bool const known = std::ranges::any_of(
      of.events, [this](auto number) { return events_[number].how == login_event::outcome::accepted; });
  if (known) return;
  login_event event;
  event.how = login_event::outcome::accepted;
  event.when = line.when;
  event.client = field(text, ": client=");
  event.mechanism = field(text, ", sasl_method=");
  event.user = text.substr(std::min(text.find(", sasl_username="), text.size() - 16) + 16);
  event.session = id;
  append(std::move(event));
}

void login_log::on_revoked(log_line const& line, std::string_view client, std::string_view credential,
                           std::string const& id) {
  login_event event;
  for (auto const number : remember(id).events) {
    if (events_[number].how == login_event::outcome::accepted) event = events_[number];
  }
  event.how = login_event::outcome::revoked;
  event.when = line.when;
  event.client = client;
  event.credential = credential;
  event.reason = "revoked";
  event.detail.clear();
  event.session = id;
  append(std::move(event));
}

std::vector<login_event> login_log::take() {
  sessions_.clear();
  oldest_.clear();
  return std::exchange(events_, {});
}

std::string format_login(login_event const& event) {
  std::string_view const what = event.how == login_event::outcome::accepted  ? "logged in"
                                : event.how == login_event::outcome::revoked ? "was thrown out"
                                                                             : "was not let in";
  auto out = fmt::format("{}  {} {} by {}", format_syslog_time(event.when),
                         event.user.empty() ? "a client that named no user" : printable(event.user, 128), what,
                         event.mechanism.empty() ? "an unknown mechanism" : printable(event.mechanism, 32));
  if (!event.service.empty()) out += " at " + printable(event.service, 32);
  if (!event.client.empty()) out += " from " + printable(event.client, 256);
  if (!event.credential.empty()) out += " with the app password " + printable(event.credential, 64);
  if (event.how != login_event::outcome::accepted) {
    auto const& reason = find_login_reason(event.reason);
    out += fmt::format(": {}", reason.sentence);
    auto const layer = event.source.empty() ? std::string() : " by " + printable(event.source, 32);
    out += fmt::format(" [{}{}]", printable(event.reason, 32), layer);
    if (!event.detail.empty()) out += " (" + printable(event.detail, 512) + ")";
    auto const remedy = find_login_remedy(event.reason, event.source);
    if (!remedy.empty()) out += fmt::format("\n                 -> {}", remedy);
  } else if (!event.source.empty()) {
    out += fmt::format(" [{}]", printable(event.source, 32));
  }
  return out;
}

}  // namespace postern::admin
