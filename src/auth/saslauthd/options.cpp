#include "auth/saslauthd/options.hpp"

#include <getopt.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"

namespace postern::auth::saslauthd {
namespace {

constexpr char version[] = "0.1.0";
/// -n 0: the original forks as many processes as there are connections.
constexpr unsigned workers_unlimited = 200;
constexpr unsigned workers_max = 1000;

constexpr std::string_view usage_text = R"(usage: saslauthd [options]

option information:
  -a <authmech>  Selects the authentication mechanism to use.
  -c             Enable credential caching.
  -d             Debugging (don't detach from tty, implies -V)
  -f             Stay in the foreground (don't detach from tty)
  -r             Combine the realm with the login before passing to authentication mechanism
                 Ex. login: "foo" realm: "bar" will get passed as login: "foo@bar"
                 The realm name is passed untouched.
  -O <option>    Optional argument to pass to the authentication
                 mechanism.
  -H <host>      The same, for the rimap mechanism's host (deprecated).
  -l             Do not make mux.accept. Accepting is never locked here.
  -m <path>      Alternate path for the saslauthd working directory,
                 must be absolute.
  -n <procs>     Number of workers to create. 0: as many as needed.
  -s <kilobytes> Size of the credential cache (in kilobytes)
  -t <seconds>   Timeout for items in the credential cache (in seconds)
  -T             Honour time-of-day login restrictions: PAM always does.
  -v             Display version information and available mechs
  -V             Enable verbose logging
  -h             Display this message.
  --socket-group <group>    Group of the socket.
  --socket-mode <octal>     Mode of the socket (0777).
  --timeout <seconds>       What a client has to send its request (30).
  --check-timeout <seconds> What the mechanism has to answer (60).
  --connections-max <n>     Connections at once (4096).
  --string-max <octets>     Longest string of a request (65535).
  --defaults <file>         Start what /etc/default/saslauthd or
                            /etc/sysconfig/saslauthd says.
)";

enum long_option : int {
  socket_group = 256,
  socket_mode,
  timeout,
  check_timeout,
  connections,
  string_octets,
  defaults
};

constexpr std::array long_options{
    option{"socket-group", required_argument, nullptr, socket_group},
    option{"socket-mode", required_argument, nullptr, socket_mode},
    option{"timeout", required_argument, nullptr, timeout},
    option{"check-timeout", required_argument, nullptr, check_timeout},
    option{"connections-max", required_argument, nullptr, connections},
    option{"string-max", required_argument, nullptr, string_octets},
    option{"defaults", required_argument, nullptr, defaults},
    option{nullptr, 0, nullptr, 0},
};

std::unexpected<early_exit> wrong(std::string message) {
  return std::unexpected(early_exit{.status = 1, .message = std::move(message)});
}

std::optional<unsigned long> parse_number(std::string_view text, unsigned long min, unsigned long max) {
  auto const number = parse_unsigned(text);
  if (!number || *number < min || *number > max) return std::nullopt;
  return static_cast<unsigned long>(*number);
}

std::expected<void, early_exit> take_workers(daemon_options& out, std::string_view text) {
  if (text.starts_with('-')) return wrong("invalid number of worker processes defined");
  // As the original: what is no number is 0.
  out.workers_told = static_cast<unsigned>(parse_number(text, 0, workers_max).value_or(0));
  out.server.workers = out.workers_told == 0 ? workers_unlimited : out.workers_told;
  return {};
}

// The cache's two options make it exist only together with -c.
struct cache_flags {
  bool on = false;
  credential_cache::options how;
};

std::expected<void, early_exit> take_cache_flag(cache_flags& cache, int flag, std::string_view text) {
  if (flag == 's') {
    auto const kilobytes = parse_number(text, 1, 1024UL * 1024);
    if (!kilobytes) return wrong("invalid cache size defined");
    cache.how.octets_max = *kilobytes * 1024;
    return {};
  }
  auto const seconds = parse_number(text, 1, 365UL * 86400);
  if (!seconds) return wrong("invalid cache timeout defined");
  cache.how.time_to_live = std::chrono::seconds(*seconds);
  return {};
}

std::expected<void, early_exit> take_long_option(daemon_options& out, int flag, std::string const& text) {
  constexpr unsigned long seconds_max = 3600;
  auto const number = parse_number(text, 1, 1000000);
  switch (flag) {
    case socket_group:
      out.socket_group = text;
      return {};
    case defaults:
      out.defaults_file = text;
      return {};
    case socket_mode: {
      char* end = nullptr;
      auto const mode = std::strtoul(text.c_str(), &end, 8);
      if (text.empty() || *end != '\0' || mode > 0777) return wrong("--socket-mode wants an octal number, as 0660");
      out.socket_mode = static_cast<unsigned>(mode);
      return {};
    }
    case timeout:
      if (!number || *number > seconds_max) return wrong("--timeout wants seconds, 1 to 3600");
      out.server.timeout = std::chrono::seconds(*number);
      return {};
    case check_timeout:
      if (!number || *number > seconds_max) return wrong("--check-timeout wants seconds, 1 to 3600");
      out.server.backend.time_limit = std::chrono::seconds(*number);
      return {};
    case connections:
      if (!number) return wrong("--connections-max wants a number");
      out.server.connections_max = *number;
      return {};
    default:
      if (!number || *number > sasl::mux::string_octets_max) return wrong("--string-max wants octets, 1 to 65535");
      out.server.string_max = *number;
      return {};
  }
}

std::expected<void, early_exit> take_flag(daemon_options& out, cache_flags& cache, int flag, std::string const& text) {
  switch (flag) {
    case 'a':
      if (!out.server.mechanism.empty()) return std::unexpected(early_exit{.usage = true});
      out.server.mechanism = lowercase(text);
      return {};
    case 'c':
      cache.on = true;
      return {};
    case 'd':
      out.foreground = out.verbose = out.debug = true;
      return {};
    case 'f':
      out.foreground = true;
      return {};
    case 'H':
      if (out.argument.empty()) out.argument = text;
      return {};
    case 'l':
      out.accept_lock_file = false;
      return {};
    case 'm':
      out.directory = text;
      return {};
    case 'n':
      return take_workers(out, text);
    case 'O':
      out.argument = text;
      return {};
    case 'r':
      out.server.append_realm = true;
      return {};
    case 's':
    case 't':
      return take_cache_flag(cache, flag, text);
    case 'T':
      return {};
    case 'V':
      out.verbose = true;
      return {};
    case 'v':
      return std::unexpected(early_exit{.version = true});
    case 'h':
    case '?':
      return std::unexpected(early_exit{.usage = true});
    default:
      return take_long_option(out, flag, text);
  }
}

}  // namespace

std::expected<daemon_options, early_exit> parse_options(std::vector<std::string> arguments) {
  daemon_options out;
  out.server.backend.time_limit = std::chrono::seconds(60);
  cache_flags cache;
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (auto& each : arguments) words.push_back(each.data());
  words.push_back(nullptr);
  // 0 has GNU getopt begin anew.
  optind = 0;
  for (;;) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread at start-up.
    int const flag = ::getopt_long(static_cast<int>(arguments.size()), words.data(), "a:cdfhH:O:lm:n:rs:t:TvV",
                                   long_options.data(), nullptr);
    if (flag == -1) break;
    auto taken = take_flag(out, cache, flag, optarg == nullptr ? "" : optarg);
    if (!taken) return std::unexpected(std::move(taken.error()));
  }
  if (!out.defaults_file.empty()) return out;
  if (out.server.mechanism.empty()) {
    return std::unexpected(early_exit{.message = "no authentication mechanism specified", .usage = true});
  }
  if (!out.directory.starts_with('/')) return wrong("-m requires an absolute pathname");
  out.server.row = find_password_backend(out.server.mechanism);
  if (out.server.row == nullptr) return wrong("unknown authentication mechanism: " + out.server.mechanism);
  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) == 0) out.server.backend.host_name = host;
  if (cache.on) out.server.cache = cache.how;
  out.server.backend.argument = out.argument;
  return out;
}

std::string format_version() {
  std::vector<std::string_view> names;
  for (auto const& row : password_backends()) names.push_back(row.name);
  return fmt::format("saslauthd {} (Postern)\nauthentication mechanisms: {}\n\n", version, fmt::join(names, " "));
}

std::string format_usage() { return std::string(usage_text) + '\n' + format_version(); }

}  // namespace postern::auth::saslauthd
