// postern log logins: who logged in and who was not let in, each with a plain sentence.
#include <cstdio>
#include <iterator>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/value.hpp"

#include "admin/log_source.hpp"
#include "admin/login_log.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/long_options.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr int wrong_usage = 2;

struct options {
  std::string user;
  std::string file;
  std::optional<wall_time> since;
  bool failed_only = false;
};

int usage(std::FILE* to, int status) {
  fmt::print(to,
             "usage: postern log logins [OPTIONS] [--dir DIR | -c CONFDIR]\n\n"
             "Lists logins from the server's log: maillog_file, the journal, or /var/log/mail.log.\n\n"
             "  --user USER   of this user only\n"
             "  --since TIME  not older than 30s, 15m, 1h, 7d\n"
             "  --failed      only those that failed\n"
             "  --file PATH   another log; - for standard input\n");
  return status;
}

int say_failure(std::string_view text, int status) {
  fmt::print(stderr, "postern log: {}\n", text);
  return status;
}

/// "1h": how long ago. A number alone could mean anything.
std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  if (text.empty() || is_ascii_digit(text.back())) return std::nullopt;
  auto const age = config::parse_duration(text);
  return age ? std::optional(*age) : std::nullopt;
}

result<options> parse_options(std::vector<std::string> const& words) {
  options out;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--failed") {
      out.failed_only = true;
      continue;
    }
    auto const name = option_name(words[i]);
    auto const value = take_option_value(words, i);
    if (!value) return fail(printable(name) + " is no option of log logins, or lacks its value");
    if (name == "--user") {
      out.user = *value;
    } else if (name == "--file") {
      out.file = *value;
    } else if (name == "--since") {
      auto const age = parse_age(*value);
      if (!age) return fail("--since wants a number and s, m, h, d or w: 1h");
      out.since = std::chrono::system_clock::now() - *age;
    } else {
      return fail(printable(name) + " is no option of log logins");
    }
  }
  return out;
}

bool is_wanted(options const& wanted, admin::login_event const& event) {
  if (wanted.failed_only && event.how == admin::login_event::outcome::accepted) return false;
  if (wanted.since && event.when < std::chrono::floor<std::chrono::seconds>(*wanted.since)) return false;
  return wanted.user.empty() || iequals(event.user, wanted.user);
}

}  // namespace

int cmd_log(command_line const& line) {
  if (!line.args.empty() && (line.args[0] == "help" || line.args[0] == "--help")) return usage(stdout, 0);
  if (line.args.empty() || line.args[0] != "logins") return usage(stderr, wrong_usage);
  auto const wanted = parse_options(line.args);
  if (!wanted) return say_failure(wanted.error().text, wrong_usage);
  admin::login_log log;
  auto const now = std::chrono::system_clock::now();
  auto const take_line = [&](std::string_view text) { log.add(text, now); };
  result<> done;
  if (!wanted->file.empty()) {
    done = admin::read_log_file(wanted->file, take_line);
  } else {
    auto const settings = load_server_settings(decide_server(line));
    done = settings ? admin::read_server_log(*settings, wanted->since, take_line) : std::unexpected(settings.error());
  }
  if (!done) return say_failure(done.error().text, 1);
  std::size_t count = 0;
  for (auto const& event : log.take()) {
    if (!is_wanted(*wanted, event)) continue;
    fmt::print("{}\n", admin::format_login(event));
    ++count;
  }
  if (count == 0) fmt::print(stderr, "no such logins in the log\n");
  return 0;
}

}  // namespace postern::cli
