#include "auth/saslauthd/daemon_log.hpp"

#include <syslog.h>
#include <unistd.h>

#include <cstdio>

#include "base/log.hpp"

namespace postern::auth::saslauthd {
namespace {

int priority_of(log::level at) {
  switch (at) {
    case log::level::debug:
      return LOG_DEBUG;
    case log::level::info:
      return LOG_INFO;
    case log::level::warning:
      return LOG_WARNING;
    case log::level::error:
    case log::level::fatal:
      break;
  }
  return LOG_ERR;
}

}  // namespace

void open_daemon_log(bool foreground, bool verbose) {
  log::set_verbose(verbose);
  if (foreground) {
    log::set_sink(
        [](log::level, std::string_view line) { fmt::print(stderr, "saslauthd[{}] :{}\n", ::getpid(), line); });
    return;
  }
  ::openlog("saslauthd", LOG_PID | LOG_NDELAY, LOG_AUTH);
  log::set_sink([](log::level at, std::string_view line) {
    ::syslog(priority_of(at), "%-16s: %.*s", "", static_cast<int>(line.size()), line.data());
  });
}

}  // namespace postern::auth::saslauthd
