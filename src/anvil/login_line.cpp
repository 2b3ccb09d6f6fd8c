#include "anvil/login_line.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/ip.hpp"
#include "base/text.hpp"

namespace postern::anvil {
namespace {

/// What stands around name and address behind "program: ". Between `after_user` and `before_address` may be anything.
struct pattern {
  std::string_view server;
  std::span<std::string_view const> programs;
  std::string_view before_user;
  std::string_view after_user;
  std::string_view before_address;
  std::string_view after_address;
  bool address_is_last = false;  ///< the last " [" in the line: a host name stands before it
};

constexpr std::array<std::string_view, 2> dovecot{"imap-login", "pop3-login"};
constexpr std::array<std::string_view, 6> courier{"imapd",     "imapd-ssl", "pop3d",
                                                  "pop3d-ssl", "imaplogin", "courierpop3login"};
constexpr std::array<std::string_view, 5> washington{"imapd", "imapsd", "ipop3d", "ipop3sd", "pop3d"};

constexpr pattern patterns[] = {
    {"Dovecot", dovecot, "Login: user=<", ">, method=", ", rip=", ","},
    {"Dovecot", dovecot, "Logged in: user=<", ">, method=", ", rip=", ","},
    {"Courier", courier, "LOGIN, user=", ", ip=[", "", "]"},
    {"UW-IMAP", washington, "Login user=", " host=", "", "]", true},
    {"UW-IMAP", washington, "Authenticated user=", " host=", "", "]", true},
    {"UW-IMAP", washington, "Auth user=", " host=", "", "]", true},
};

bool take(std::string_view& from, std::string_view literal) {
  if (!from.starts_with(literal)) return false;
  from.remove_prefix(literal.size());
  return true;
}

std::optional<std::string_view> take_until(std::string_view& from, std::string_view end) {
  auto const at = from.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  auto const piece = from.substr(0, at);
  from.remove_prefix(at + end.size());
  return piece;
}

bool is_clock(std::string_view word) { return word.size() >= 8 && word[2] == ':' && word[5] == ':'; }

/// "Nov 22 02:40:00 ", "2026-11-22T02:40:00.123+01:00 ", "2026-11-22 02:40:00 ": of syslog, journald and Dovecot.
void skip_time(std::string_view& line) {
  constexpr std::size_t traditional = 16;
  constexpr std::size_t spaced = 20;
  if (line.size() > traditional && line[3] == ' ' && line[6] == ' ' && is_clock(line.substr(7, 8))) {
    line.remove_prefix(traditional);
  } else if (line.size() > spaced && line[4] == '-' && line[10] == ' ' && is_clock(line.substr(11, 8))) {
    line.remove_prefix(spaced);
  } else if (line.size() > spaced && line[4] == '-' && line[10] == 'T' && is_clock(line.substr(11, 8))) {
    take_until(line, " ");
  }
}

/// "imapd[4711]:" -> "imapd"; nothing when it is no tag.
std::optional<std::string_view> program_of(std::string_view word) {
  if (!word.ends_with(':')) return std::nullopt;
  word.remove_suffix(1);
  return word.substr(0, word.find('['));
}

/// Leaves what the program said; nothing when the line has no program.
std::optional<std::string_view> take_program(std::string_view& line) {
  skip_time(line);
  auto word = take_until(line, " ");
  if (!word) return std::nullopt;
  auto program = program_of(*word);
  if (!program) {  // that was the host
    word = take_until(line, " ");
    program = word ? program_of(*word) : std::nullopt;
  }
  if (program == "dovecot") {
    word = take_until(line, " ");
    program = word ? program_of(*word) : std::nullopt;
  }
  take(line, "Info: ");
  return program;
}

std::optional<login_line> match(pattern const& by, std::string_view text) {
  if (!take(text, by.before_user)) return std::nullopt;
  auto const user = take_until(text, by.after_user);
  if (!user || user->empty()) return std::nullopt;
  if (by.address_is_last) {
    // Behind a host name and a space; without a name right here.
    auto const at = text.rfind(" [");
    if (at == std::string_view::npos && !text.starts_with('[')) return std::nullopt;
    text.remove_prefix(at == std::string_view::npos ? 1 : at + 2);
  } else if (!by.before_address.empty() && !take_until(text, by.before_address)) {
    return std::nullopt;
  }
  auto const written = take_until(text, by.after_address);
  auto const address = written ? ip_address::parse(*written) : std::nullopt;
  if (!address) return std::nullopt;
  return login_line{std::string(*user), address->text(), by.server};
}

}  // namespace

std::optional<login_line> parse_login_line(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  auto const program = take_program(line);
  if (!program) return std::nullopt;
  for (auto const& one : patterns) {
    if (std::ranges::find(one.programs, *program) == one.programs.end()) continue;
    if (auto found = match(one, line)) return found;
  }
  return std::nullopt;
}

}  // namespace postern::anvil
