// postern trace: SMTP dialogues as they happen.
#include <cstdio>

#include <fmt/format.h>

#include "base/text.hpp"
#include "receive/dialogue_watch.hpp"
#include "service/master/server_directories.hpp"

#include "admin/trace.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

int usage(std::FILE* to, int status) {
  fmt::print(to,
             "usage: postern trace [--client ADDRESS|NETWORK] [--user USER] [--dir DIR | -c CONFDIR]\n\n"
             "Shows what clients (<) and server (>) say until ^C; credentials are masked, the content of messages is\n"
             "not shown. Without options all sessions; --user shows a session from its login on.\n");
  return status;
}

int say_failure(std::string_view text) {
  fmt::print(stderr, "postern trace: {}\n", text);
  return 1;
}

/// "client=… user=…" out of the options.
result<std::string> make_filter(std::vector<std::string> const& words) {
  receive::trace_filter filter;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return fail(words[i] + " needs a value");
    auto const& value = words[i + 1];
    if (words[i] == "--client") {
      std::string why;
      filter.client = ip_network::parse(value, &why);
      if (!filter.client) return fail(fmt::format("{} is no address or network: {}", printable(value), why));
    } else if (words[i] == "--user") {
      bool clean = !value.empty() && printable(value) == value && !value.contains(' ');
      if (!clean) return fail(fmt::format("'{}' is no user name", printable(value)));
      filter.user = value;
    } else {
      return fail(words[i] + " is no option of trace");
    }
  }
  return receive::format_trace_filter(filter);
}

}  // namespace

int cmd_trace(command_line const& line) {
  if (!line.args.empty() && (line.args[0] == "help" || line.args[0] == "--help")) return usage(stdout, 0);
  auto filter = make_filter(line.args);
  if (!filter) {
    say_failure(filter.error().text);
    return usage(stderr, 2);
  }
  auto settings = load_server_settings(decide_server(line));
  if (!settings) return say_failure(settings.error().text);
  if (auto running = find_masterd(*settings); !running) return say_failure(running.error().text);
  auto show = [](std::string_view text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
  };
  fmt::print(stderr, "watching{}{}; ^C ends it\n", filter->empty() ? "" : " ", *filter);
  auto followed = admin::follow_trace(service::master::control_socket_path(*settings), *filter, show);
  return followed ? 0 : say_failure(followed.error().text);
}

}  // namespace postern::cli
