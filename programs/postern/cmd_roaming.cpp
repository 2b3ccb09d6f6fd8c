// postern roaming: the windows through which users may send who have just read their mail.
#include <cstdio>
#include <unordered_map>

#include <fmt/format.h>

#include "anvil/account_mapping.hpp"
#include "anvil/log_follower.hpp"
#include "anvil/login_line.hpp"
#include "base/ip.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "config/value.hpp"
#include "ipc/anvil_client.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr char usage_text[] =
    "usage: postern roaming [list]\n"
    "       postern roaming open ACCOUNT ADDRESS [--for TIME]\n"
    "       postern roaming close ACCOUNT | ADDRESS | ALL\n"
    "       postern roaming watch FILE | - [--strip-domain D]... [--domain D]\n"
    "\n"
    "FILE is the log of Dovecot, Courier or UW-IMAP, - standard input. --strip-domain: its joe@D is our joe;\n"
    "--domain: its joe is our joe@D.\n"
    "\n"
    "Through a window an address may send as the account that logged in from there, without a login of its own,\n"
    "where a restriction list has permit_mail_access.\n";

int say_failure(std::string_view text) {
  fmt::print(stderr, "postern roaming: {}\n", text);
  return 1;
}

int usage(std::FILE* to, int status) {
  fmt::print(to, "{}", usage_text);
  return status;
}

std::string when(std::uint64_t unix_s) { return format_utc(wall_time(std::chrono::seconds(unix_s))); }

int list(std::string const& socket) {
  auto const answer = ipc::ask_anvil(socket, ipc::window_query{});
  if (!answer) return say_failure(answer.error().text);
  auto const* const found = std::get_if<ipc::window_list>(&*answer);
  if (found == nullptr) return say_failure("anvil gave another answer than was asked for");
  if (found->windows.empty()) {
    fmt::print("no window is open\n");
    return 0;
  }
  fmt::print("{:<24} {:<28} {:<14} {:<20} {:<20} {}\n", "account", "from", "by", "opened", "until", "messages");
  for (auto const& one : found->windows) {
    fmt::print("{:<24} {:<28} {:<14} {:<20} {:<20} {}\n", printable(one.account), printable(one.network),
               printable(one.origin), when(one.opened_unix_s), when(one.expires_unix_s), one.uses);
  }
  return 0;
}

int open(std::string const& socket, std::vector<std::string> const& words) {
  bool const with_time = words.size() == 4 && words[2] == "--for";
  if (words.size() != 2 && !with_time) return usage(stderr, 2);
  ipc::window_opening window{words[0], words[1], "administrator", 0};
  if (with_time) {
    auto const time = config::parse_duration(words[3], 's');
    if (!time || time->count() <= 0)
      return say_failure(fmt::format("'{}' is no time: say 30m or 2h", printable(words[3])));
    window.time_s = static_cast<std::uint64_t>(time->count());
  }
  auto const opened = ipc::command_anvil(socket, window);
  if (!opened) return say_failure(opened.error().text);
  fmt::print("{} may send from {}\n", printable(window.account), printable(window.address));
  return 0;
}

int close(std::string const& socket, std::vector<std::string> const& words) {
  if (words.size() != 1) return usage(stderr, 2);
  ipc::window_closing which{{}, {}, "an administrator said so"};
  if (ip_address::parse(words[0])) {
    which.address = words[0];
  } else if (words[0] != "ALL") {
    which.account = words[0];
  }
  auto const closed = ipc::command_anvil(socket, which);
  if (!closed) return say_failure(closed.error().text);
  fmt::print("{} window{} closed\n", *closed, *closed == 1 ? "" : "s");
  return *closed == 0 && words[0] != "ALL" ? 1 : 0;
}

/// Opens a window for each login, again for one that is repeated after `quiet`.
class watcher {
 public:
  watcher(std::string socket, anvil::account_mapping names) : socket_(std::move(socket)), names_(std::move(names)) {}

  void on_login(anvil::login_line login) {
    login.account = names_.map(login.account);
    auto const now = std::chrono::steady_clock::now();
    auto const subject = login.account + '\0' + login.address;
    auto const last = opened_.find(subject);
    if (last != opened_.end() && now - last->second < quiet) return;
    for (unsigned tries = 0; tries < tries_max; ++tries) {
      auto const opened = ipc::command_anvil(socket_, ipc::window_opening{login.account, login.address, "watch", 0});
      if (opened) {
        fmt::print("{}: {} from {}\n", login.server, printable(login.account), login.address);
        std::fflush(stdout);
        if (opened_.size() >= remembered_max) opened_.clear();
        opened_.insert_or_assign(subject, now);
        return;
      }
      say_failure(fmt::format("{} from {}: {}", printable(login.account), login.address, opened.error().text));
    }
  }

 private:
  static constexpr auto quiet = std::chrono::seconds(30);
  /// masterd holds the socket open while anvil starts anew, so that the second try waits for it.
  static constexpr unsigned tries_max = 2;
  static constexpr std::size_t remembered_max = 100'000;
  std::string socket_;
  anvil::account_mapping names_;
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> opened_;
};

/// What stands behind FILE; nothing: it cannot be meant.
std::optional<anvil::account_mapping> parse_mapping(std::vector<std::string> const& words) {
  anvil::account_mapping names;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (i + 1 == words.size() || words[i + 1].empty()) return std::nullopt;
    auto const domain = words[i + 1].substr(words[i + 1].starts_with('@') ? 1 : 0);
    if (words[i] == "--strip-domain") {
      names.stripped_domains.push_back(domain);
    } else if (words[i] == "--domain" && names.added_domain.empty()) {
      names.added_domain = domain;
    } else {
      return std::nullopt;
    }
  }
  return names;
}

/// Says once that a log cannot be read, and once that it can again.
class log_state {
 public:
  explicit log_state(std::string_view name) : name_(name) {}

  void tell(std::string const& trouble) {
    if (trouble == told_) return;
    if (trouble.empty()) {
      fmt::print(stderr, "watching {} now\n", name_);
    } else {
      fmt::print(stderr, "postern roaming: {}: {}; waiting for it\n", name_, trouble);
    }
    told_ = trouble;
  }

 private:
  std::string_view name_;
  std::string told_;
};

int watch(std::string const& socket, std::vector<std::string> const& words) {
  auto names = words.empty() ? std::nullopt : parse_mapping(words);
  if (!names) return usage(stderr, 2);
  anvil::log_follower log(words[0]);
  watcher to(socket, std::move(*names));
  fmt::print(stderr, "watching {}; ^C ends it\n", words[0] == "-" ? "standard input" : words[0]);
  log_state state(words[0]);
  while (!log.ended()) {
    state.tell(log.trouble());
    auto const line = log.next_line(std::chrono::seconds(1));
    auto const login = line ? anvil::parse_login_line(*line) : std::nullopt;
    if (login) to.on_login(*login);
  }
  return 0;
}

struct action {
  std::string_view name;
  int (*run)(std::string const& socket, std::vector<std::string> const& words);
};
constexpr action actions[] = {{"open", open}, {"close", close}, {"watch", watch}};

}  // namespace

int cmd_roaming(command_line const& line) {
  auto words = line.args;
  if (!words.empty() && (words[0] == "help" || words[0] == "--help")) return usage(stdout, 0);
  auto const settings = load_server_settings(decide_server(line));
  if (!settings) return say_failure(settings.error().text);
  auto const socket = settings->text("queue_directory") + "/public/anvil-admin";
  if (words.empty() || (words.size() == 1 && words[0] == "list")) return list(socket);
  auto const* const chosen = std::ranges::find(actions, std::string_view(words[0]), &action::name);
  if (chosen == std::end(actions)) return usage(stderr, 2);
  words.erase(words.begin());
  return chosen->run(socket, words);
}

}  // namespace postern::cli
